// Fingers do not rest: one that holds a picture, or taps one that does nothing, has an opener there.
import { isOffered } from "./listen.js";

/** How long a finger holds a picture: less than browsers wait until they show their own menu. */
const HOLD_MS = 400;
/** How far it may go meanwhile, in CSS pixels. */
const SLACK = 10;
/** How long a page may take to show something else over a picture that was tapped. */
const SETTLE_MS = 300;

/** What a tap does something on. */
const ACTIVE = "a,area,button,input,select,textarea,label,summary,video,audio,[role=button],[role=link],[tabindex='0'],[contenteditable]";

/** What `stand` does at each sign of a finger. */
export function fingers(stand, options) {
  /** The finger that is down on a picture, or was last. */
  let finger;
  /** What waits for what a tap brings. */
  let settling;

  function hold() {
    if (finger && !finger.isHeld) stand.show([finger.picture]);
    if (finger) finger.isHeld = true;
  }

  function isUp() {
    clearTimeout(finger?.timer);
    finger?.ends.abort();
  }

  function stray() {
    isUp();
    if (!finger?.isHeld) finger = undefined;
  }

  return {
    pointerdown(event, picture) {
      clearTimeout(settling);
      isUp();
      finger = undefined;
      if (stand.isBusy) return;
      stand.leave();
      if (event.pointerType !== "touch" || !event.isPrimary || !picture) return;
      const { clientX, clientY } = event;
      finger = { picture, at: event.timeStamp, timer: setTimeout(hold, HOLD_MS), ends: new AbortController() };
      const look = (moved) => Math.hypot(moved.clientX - clientX, moved.clientY - clientY) > SLACK && stray();
      addEventListener("pointermove", look, { capture: true, passive: true, signal: finger.ends.signal });
    },
    pointerup(event) {
      // The script may have come later than the finger left.
      if (finger && event.timeStamp - finger.at >= HOLD_MS) hold();
      isUp();
    },
    pointercancel: stray,
    // The browser's own menu comes, and the opener is there when it has gone.
    contextmenu: hold,
    click(event, picture, path) {
      const tapped = finger;
      finger = undefined;
      if (!picture || tapped?.picture !== picture || tapped.isHeld || path.some((element) => element.matches?.(ACTIVE))) return;
      const bring = () => !event.defaultPrevented && isOffered(picture, options) && !document.querySelector("cutline-overlay") && stand.show([picture]);
      settling = setTimeout(bring, SETTLE_MS);
    },
  };
}
