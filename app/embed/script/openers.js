// Openers beside pictures, for those who do not dwell: what fingers and keys do brings one, which stands on the picture and opens the
// overlay when it is pressed.
import { fingers } from "./fingers.js";
import { keys } from "./keys.js";
import { Stand } from "./stand.js";

/** `page` is what a `Stand` is made with, and the script's options. */
export function openers(page) {
  const stand = new Stand(page);
  const { walk, focusin } = keys(stand, page);
  const signs = { focusin, ...fingers(stand, page.options) };
  return {
    walk,
    /** A sign of somebody's who does not dwell. */
    hear(event, path, picture) {
      if (!path.includes(page.host)) signs[event.type](event, picture, path);
    },
  };
}
