// One button at the end of the page, for keys and screen readers: it leads through the pictures that can be shared. Until it has the
// focus nobody sees it, and it takes no room; it is there while there is such a picture. What it does comes when it is wanted.
import { PICTURE, all, on } from "./listen.js";
import { button, rooted } from "./words.js";

/** Until then it is a plain button. */
const STYLE = `:host{all:initial!important;position:absolute!important;inset:0 auto auto 0!important;z-index:2147483647!important}
button{position:fixed;inset:auto auto 12px 12px;min-height:44px;font:16px system-ui}
.quiet:not(:focus){clip-path:inset(50%)}`;

/** Where a page keeps the focus, while it is there. */
const DIALOG = "dialog,[role$=dialog],[aria-modal=true]";

/**
 * The element that openers are in; it is on the page while there is a picture that `isNeeded` tells of, among some or all. `wanted` gives what
 * leads along them.
 */
export function offer(words, isNeeded, wanted) {
  const host = document.createElement("cutline-opener");
  const place = document.createElement("aside");
  const page = button(words.page);
  page.className = "quiet";
  page.addEventListener("focus", () => wanted().catch(() => {}));
  page.addEventListener("click", () => wanted().then(({ walk }) => walk(page), () => (page.textContent = words.failed)));
  Object.assign(place, { ariaLabel: "Cutline", lang: words.lang, dir: words.dir ?? "ltr" });
  place.append(page);
  rooted(host, STYLE).append(place);

  /** Puts it into the dialog that `element` is in, where others cannot be reached, or beside the body: for a dialog without pictures it is none. */
  const put = (element) => {
    const dialog = element?.closest(DIALOG);
    const home = dialog && isNeeded(all(dialog, PICTURE)) ? dialog : document.documentElement;
    if (host.parentNode !== home) home.append(host);
  };
  // Not before the page is done: a framework that finds the server's document other than it was makes all of it anew.
  const look = (among) => document.readyState === "complete" && !host.isConnected && isNeeded(among) && put();
  look();
  addEventListener("load", () => look());
  on(document, "load", ({ target }) => target.localName === "img" && look([target]));
  on(document, "keydown", ({ key, target }) => {
    if (key !== "Tab" || /^cutline-/.test(target.localName)) return;
    if (isNeeded()) put(target);
    else host.remove();
  });
  return { host, place, put };
}
