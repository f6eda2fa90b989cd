// Notices the first sign that a visitor may want to share: a pointer on a picture, the focus on an opener, a press on one. A
// handful of listeners for the whole document, whatever pictures come and go, and none on them. Nothing is prevented, but
// a press on an opener, which is ours.
import { busy, failure } from "./words.js";

/**
 * What is smaller than this is no sign: icons, most portraits. Which pictures react is for the server to say, which is not asked before;
 * a page that wants smaller or only larger ones says so itself.
 */
const LEAST = 60;

/** What servers want by default. Where one wants less, a page that has smaller pictures says so itself. */
const USUAL = 120;

/** What offers its background as a picture. */
const BACKGROUND = "[data-cutline-background]";

/** Everything that may be shared a part of. */
export const PICTURE = `img,${BACKGROUND}`;

/** How long a pointer asks for nothing after a failure: it moves all the time. */
const PAUSE_MS = 30_000;

/** How long a pressed opener waits before it is the link that it is without script, or says that it is of no use now. */
const PATIENCE_MS = 10_000;

/** What keeps out, as `cutline_model::wishes` has it: one picture, what is inside of an element, a page. */
const OFF = {
  one: "[nopin],[data-nopin],[data-pin-nopin]",
  inside: "[data-cutline=off i]",
  page: "meta[name=cutline i][content~=off i],meta[name=pinterest i][content~=nopin i]",
};

/** An element and everything that it is drawn in, also out of slots and shadow roots. */
export function* outwards(node) {
  for (; node; node = node.assignedSlot ?? node.parentNode ?? node.host) if (node.matches) yield node;
}

/** Whether neither the page's owner nor the script's options keep `picture` out. */
function isAllowed(picture, { selector, off }) {
  if (picture.matches(OFF.one) || !picture.matches(selector) || picture.ownerDocument.querySelector(OFF.page)) return false;
  return ![...outwards(picture)].some((element) => element.matches(`${OFF.inside},${off}`));
}

/** What may be shared a part of at the end of an event's path: a picture, or an element that says that its background is one. */
const pictureAt = ([target]) => target.closest?.(PICTURE);

/** Whether `picture` is so large and may be shared; one that somebody edits is being written. */
function isShareable(picture, least, options) {
  const { width, height } = picture?.getBoundingClientRect() ?? {};
  return width >= least && height >= least && !picture.isContentEditable && isAllowed(picture, options);
}

/** What has openers of its own, or is ours. */
const SERVED = "cutline-picture,cutline-overlay";

/** Whether `picture` gets an opener of ours: one that may be shared, and has none of the page's own. */
export function isOffered(picture, options) {
  const figure = picture.closest("[data-cutline-figure]");
  return !figure?.querySelector("[data-cutline-open]") && isShareable(picture, options.threshold ?? USUAL, { ...options, off: `${SERVED},${options.off}` });
}

/** All that matches, also in open shadow roots and in frames of this site's own. */
export function* all(root, selector) {
  yield* root.querySelectorAll(selector);
  for (const { shadowRoot, contentDocument } of root.querySelectorAll("*")) {
    const inside = shadowRoot ?? contentDocument;
    if (inside) yield* all(inside, selector);
  }
}

/** The opener that an event is on, if it belongs to a picture that may be shared: the first in the same figure, or that figure. */
function openerOf(event, options) {
  const opener = event.composedPath()[0].closest?.("[data-cutline-open]");
  const figure = opener?.closest("[data-cutline-figure]");
  const picture = figure?.matches(BACKGROUND) ? figure : figure?.querySelector(PICTURE);
  return picture && isAllowed(picture, options) ? opener : undefined;
}

/** Before the page's own listeners, and without a hold on what happens. */
export const on = (page, name, listener, more) => page.addEventListener(name, listener, { capture: true, passive: true, ...more });

/**
 * Listens on `page` until `signal` ends it. `wanted` is called at a sign and answers when the overlay listens itself; `framed`
 * with this site's own frames, and their documents. A button that was pressed in vain says so in `words`.
 */
export function listen(page, options, signal, wanted, framed, words) {
  // Nothing in a frame of another site's. What fingers and keys do in one is heard in there alone.
  const frame = (element) => element.contentDocument && framed(element, element.contentDocument);
  for (const name of ["load", "pointerover"]) on(page, name, ({ target }) => frame(target));
  page.querySelectorAll("iframe").forEach(frame);

  let pointer, isAsked;
  for (const name of ["pointerover", "pointermove"]) {
    on(
      page,
      name,
      (event) => {
        const path = event.composedPath();
        if (event.pointerType === "touch" || !isShareable(pictureAt(path), options.threshold ?? LEAST, options)) return;
        const { clientX, clientY, pointerType } = event;
        // What scrolling brings under it comes without a move: it was not pointed at.
        if (name === "pointermove") pointer = { target: path[0], clientX, clientY, pointerType, composed: true };
        if (isAsked) return;
        isAsked = true;
        wanted().then(tell, () => setTimeout(() => (isAsked = false), PAUSE_MS));
      },
      { signal },
    );
  }
  // A pointer that came to rest before the overlay listened does not move again by itself. Not bubbling: the page has had it.
  const tell = () => {
    const target = pointer?.target;
    // By its name: alone, `:hover` means nothing but links on a page without a doctype.
    if (target?.matches(`${target.localName}:hover`)) target.dispatchEvent(new PointerEvent("pointermove", pointer));
  };

  for (const name of ["focusin", "pointerdown"]) {
    // Of what is in a `<cutline-picture>` the button alone is told as the element's own.
    const look = (event) => (openerOf(event, options) || event.target.localName === "cutline-picture") && wanted().catch(() => {});
    on(page, name, look, { signal });
  }
  // Of a button that waited too long: what comes later is there for the next press.
  const failed = failure(words, page);
  signal.onabort = () => failed.remove();
  on(
    page,
    "click",
    (event) => {
      const opener = openerOf(event, options);
      if (!opener || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      busy(opener, Promise.race([wanted(), new Promise((_, late) => setTimeout(late, PATIENCE_MS))])).then(
        () => opener.click(),
        () => (opener.href ? (location.href = opener.href) : opener.after(failed)),
      );
    },
    { signal, passive: false },
  );
}

/** The picture in a link or button that the keyboard has come to, or which that is itself. */
function pictureIn(element, options) {
  if (element.tabIndex < 0 || !element.matches(":focus-visible")) return;
  return [element, ...element.querySelectorAll(PICTURE)].find((one) => one.matches(PICTURE) && isOffered(one, options));
}

/** What fingers and keys do on a picture begins or ends with one of these. */
const SIGNS = ["pointerdown", "pointerup", "pointercancel", "contextmenu", "click", "focusin"];

/**
 * Listens on `page`, until `signal` ends it, for those who do not dwell: from the first finger on a picture, or key that led to one, on,
 * `hear` is told of each such event, with its path and the picture that it is about.
 */
export function listenForTouch(page, options, signal, hear) {
  if (options.opener === "none") return;
  let isAwake = false;
  for (const name of SIGNS) {
    const tell = (event) => {
      const path = event.composedPath();
      const isFocus = name === "focusin";
      const picture = isFocus ? pictureIn(path[0], options) : pictureAt(path);
      const offered = picture && isOffered(picture, options) ? picture : undefined;
      isAwake ||= offered && (isFocus || event.pointerType === "touch");
      // What cannot be had is said already.
      if (isAwake) hear(event, path, offered).catch(() => {});
    };
    on(page, name, tell, { signal });
  }
}
