// Notices the first sign that a visitor may want to share: a pointer on a picture, the focus on an opener, a press on one. A
// handful of listeners for the whole document, whatever pictures come and go, and none on them. Nothing is prevented, but
// a press on an opener, which is ours.

const LEAST = 120;

/** What of an event may be shared a part of: a picture, or an element that says that its background is one. */
function pictureOf(event, options) {
  const at = event.composedPath()[0];
  const picture = at.localName === "img" ? at : at.closest?.("[data-cutline-background]");
  if (!picture || picture.closest("[data-cutline=off]")) return;
  if ((options.selector && !picture.matches(options.selector)) || (options.off && picture.closest(options.off))) return;
  const { width, height } = picture.getBoundingClientRect();
  const least = Math.max(LEAST, options.threshold ?? 0);
  if (width >= least && height >= least) return picture;
}

const openerOf = (event) => event.composedPath()[0].closest?.("[data-cutline-open]");

/**
 * Listens on `page` until `signal` ends it. `wanted` is called at a sign and answers when the overlay listens itself; `framed`
 * with the documents of this site's own frames that the pointer comes to.
 */
export function listen(page, options, signal, wanted, framed) {
  const on = (name, listener, more) => page.addEventListener(name, listener, { capture: true, passive: true, ...more });
  const frame = (event) => {
    if (event.target.localName !== "iframe") return;
    // Nothing in a frame of another site's.
    const inside = event.target.contentDocument;
    if (inside) framed(inside);
  };
  on("pointerover", frame);

  let pointer;
  for (const name of ["pointerover", "pointermove"]) {
    on(
      name,
      (event) => {
        if (event.pointerType === "touch" || !pictureOf(event, options)) return;
        const isFirst = pointer === undefined;
        const { clientX, clientY, pointerType } = event;
        pointer = { target: event.composedPath()[0], how: { clientX, clientY, pointerType, composed: true } };
        if (isFirst) wanted().then(tell, () => (pointer = undefined));
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
    on(name, (event) => openerOf(event) && wanted().catch(() => {}), { signal });
  }
  on(
    "click",
    (event) => {
      const opener = openerOf(event);
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
