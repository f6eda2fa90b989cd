// Notices the first sign that a visitor may want to share: a pointer on a picture, the focus on an opener, a press on one. A
// handful of listeners for the whole document, whatever pictures come and go, and none on them. Nothing is prevented, but
// a press on an opener, which is ours.

const LEAST = 120;

/** How long a pointer asks for nothing after a failure: it moves all the time. */
const PAUSE_MS = 30_000;

/** What keeps out, as `cutline_model::wishes` has it: one picture, what is inside of an element, a page. */
const OFF = {
  one: "[nopin],[data-nopin],[data-pin-nopin]",
  inside: "[data-cutline=off i]",
  page: "meta[name=cutline i][content~=off i],meta[name=pinterest i][content~=nopin i]",
};

/** Whether neither the page's owner nor the script's options keep `picture` out; `path` leads out of shadow roots too. */
function isAllowed(picture, path, { selector, off }) {
  const around = off ? `${OFF.inside},${off}` : OFF.inside;
  if (picture.matches(OFF.one) || picture.closest(around) || (selector && !picture.matches(selector))) return false;
  return !path.some((element) => element.matches?.(around)) && !picture.ownerDocument.querySelector(OFF.page);
}

/** Whether an event is on what may be shared a part of: a picture, or an element that says that its background is one. */
function isOnPicture(event, options) {
  const path = event.composedPath();
  const picture = path[0].localName === "img" ? path[0] : path[0].closest?.("[data-cutline-background]");
  if (!picture) return false;
  const { width, height } = picture.getBoundingClientRect();
  const least = Math.max(LEAST, options.threshold ?? 0);
  return width >= least && height >= least && isAllowed(picture, path, options);
}

/** The opener that an event is on, if it belongs to a picture that may be shared. */
function openerOf(event, options) {
  const path = event.composedPath();
  const opener = path[0].closest?.("[data-cutline-open]");
  const picture = opener?.closest("[data-cutline-figure]")?.querySelector("img");
  return picture && isAllowed(picture, path, options) ? opener : undefined;
}

/**
 * Listens on `page` until `signal` ends it. `wanted` is called at a sign and answers when the overlay listens itself; `framed`
 * with this site's own frames that the pointer comes to, and their documents.
 */
export function listen(page, options, signal, wanted, framed) {
  const on = (name, listener, more) => page.addEventListener(name, listener, { capture: true, passive: true, ...more });
  const frame = (event) => {
    if (event.target.localName !== "iframe") return;
    // Nothing in a frame of another site's.
    const inside = event.target.contentDocument;
    if (inside) framed(event.target, inside);
  };
  on("pointerover", frame);

  let pointer;
  for (const name of ["pointerover", "pointermove"]) {
    on(
      name,
      (event) => {
        if (event.pointerType === "touch" || !isOnPicture(event, options)) return;
        const isFirst = pointer === undefined;
        const { clientX, clientY, pointerType } = event;
        pointer = { target: event.composedPath()[0], how: { clientX, clientY, pointerType, composed: true } };
        if (isFirst) wanted().then(tell, () => setTimeout(() => (pointer = undefined), PAUSE_MS));
      },
      { signal },
    );
  }
  // A pointer that came to rest before the overlay listened does not move again by itself. Not bubbling: the page has had it.
  const tell = () => {
    const { target, how } = pointer;
    if (target.isConnected && target.matches(":hover")) target.dispatchEvent(new PointerEvent("pointermove", how));
  };

  for (const name of ["focusin", "pointerdown"]) {
    on(name, (event) => openerOf(event, options) && wanted().catch(() => {}), { signal });
  }
  on(
    "click",
    (event) => {
      const opener = openerOf(event, options);
      if (!opener || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      wanted().then(
        () => opener.click(),
        () => opener.href && location.assign(opener.href),
      );
    },
    { signal, passive: false },
  );
}
