// Keys: where they come to a link or button with a picture in it, an opener is the next stop; from the page's own button they walk along
// all pictures. The page's events take their way: nothing of them is prevented but the Tab that leads to an opener.
import { PICTURE, all, isOffered } from "./listen.js";
import { boxOf } from "./seen.js";

/** What `stand` does when the focus comes somewhere, and the walk, which the page's own button begins. */
export function keys(stand, { host, place, words, options }) {
  /** Shows openers that keys lead to. */
  function show(among, more) {
    const signal = stand.show(among, more);
    addEventListener("keydown", (event) => lead(event, stand), { signal });
    // Where the focus was in no window of this page's, nothing here has lost it.
    const look = ({ target }) => stand.shown.isWalk && !stand.isBusy && target !== host && stand.leave();
    addEventListener("focusin", look, { capture: true, signal });
  }

  place.addEventListener("keydown", (event) => {
    if (stand.shown && !stand.isBusy && stand.contains(event.target)) step(event, stand, words.dir === "rtl");
  });
  // A walk ends where the focus goes elsewhere; not with the window's.
  place.addEventListener("focusout", ({ relatedTarget }) => {
    if (stand.shown?.isWalk && !stand.isBusy && document.hasFocus() && !stand.contains(relatedTarget)) stand.leave();
  });
  place.addEventListener("focusin", ({ target }) => {
    if (stand.shown?.from && !stand.shown.isWalk && !stand.contains(target)) stand.leave();
  });

  return {
    focusin(_event, picture, [target]) {
      if (stand.isBusy || stand.shown?.isWalk || stand.shown?.from === target) return;
      if (picture) show([picture], { from: target });
      else if (stand.shown?.from) stand.leave();
    },
    /** Leads along all pictures, from the first that is seen; the focus comes back to `page`. */
    walk(page) {
      page.textContent = words.page;
      // Who is hidden for now, as pictures fade in when they are scrolled to, is there.
      const isThere = (picture) => picture.checkVisibility?.({ visibilityProperty: true }) !== false;
      const among = [...all(host.parentNode, PICTURE)].filter((picture) => isThere(picture) && isOffered(picture, options));
      if (among.length === 0) return (page.textContent = words.failed);
      show(among, { isWalk: true, from: page });
      const first = among.findIndex((picture) => boxOf(picture).bottom > 0);
      stand.shown.buttons.at(Math.max(first, 0)).focus();
    },
  };
}

/** While an opener is there for what has the focus: Tab leads to it, Escape sends it away. */
function lead(event, stand) {
  const { from, buttons } = stand.shown;
  if (event.defaultPrevented || !from.matches(":focus")) return;
  if (event.key === "Escape") stand.leave();
  if (event.key !== "Tab" || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  buttons[0].focus();
}

/** From an opener on: along the walk, or back to what it stands there for. */
function step(event, stand, isRightToLeft) {
  const { from, buttons, isWalk } = stand.shown;
  const at = buttons.indexOf(event.target);
  const steps = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: buttons.length - 1 };
  if (isRightToLeft) [steps.ArrowLeft, steps.ArrowRight] = [steps.ArrowRight, steps.ArrowLeft];
  if (event.key === "Escape") {
    event.preventDefault();
    stand.leave();
    from?.focus();
  } else if (isWalk && event.key in steps) {
    event.preventDefault();
    buttons.at(steps[event.key] % buttons.length).focus();
  } else if (!isWalk && event.key === "Tab" && from) {
    // On from where the opener stands for: the browser takes the step itself.
    if (event.shiftKey) event.preventDefault();
    from.focus({ preventScroll: true });
  }
}
