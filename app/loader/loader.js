// Loads the overlay at the first sign that a visitor may want it, and not before: a pointer on a picture, the focus on an
// opener, a press on one. Until then a page has this script alone. What the visitor did meanwhile is not lost: a resting
// pointer is told to the overlay, a pressed opener is pressed again. Without the overlay, or where it takes too long, an opener is a
// plain link.

const page = document.documentElement;
const waiting = new AbortController();
const at = (name) => new URL(name, import.meta.url).href;

/** How long a pointer asks for nothing after a failure: it moves all the time. */
const PAUSE_MS = 30_000;

/** How long a pressed opener waits before it is that. */
const PATIENCE_MS = 10_000;

/** Which pictures react here, by their least width and height in CSS pixels: smaller ones are no sign. */
const [leastWidth, leastHeight] = document.querySelector("script[data-least]").dataset.least.split("x");

let overlay;
/** What was pointed at last, and whether a pointer has asked for the overlay. */
let pointer;
let isAsked = false;
/** Browsers remember that a module could not be had, and under another address ask again. */
let attempts = 0;

/** Fetches and wakes the islands, once; after a failure the next sign tries again. */
const load = () =>
  (overlay ??= wake().catch((error) => {
    overlay = undefined;
    throw error;
  }));

async function wake() {
  const module = await import(at("cutline.js") + (attempts++ ? `#${attempts}` : ""));
  await module.default({ module_or_path: at("cutline.wasm") });
  const listens = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      observer.disconnect();
      resolve();
    }).observe(page, { attributeFilter: ["data-hydrated"] });
  });
  module.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) module[island.dataset.component]?.(island);
  await listens;
  waiting.abort();
  page.removeAttribute("data-awaits-intent");
}

/** A pointer that came to rest before the overlay listened does not move again by itself. */
function tellOfPointer() {
  if (pointer?.target.matches(":hover")) pointer.target.dispatchEvent(new PointerEvent("pointermove", pointer.how));
}

const openerOf = (event) => event.composedPath()[0].closest?.("[data-cutline-open]");

const on = (name, listen) => document.addEventListener(name, listen, { capture: true, signal: waiting.signal });

for (const name of ["pointerover", "pointermove"]) {
  on(name, (event) => {
    const target = event.composedPath()[0];
    const { clientX, clientY, pointerType } = event;
    if (pointerType === "touch" || target.localName !== "img") return;
    const { width, height } = target.getBoundingClientRect();
    if (width < leastWidth || height < leastHeight) return;
    // What scrolling brings under it comes without a move: it was not pointed at.
    if (name === "pointermove") pointer = { target, how: { clientX, clientY, pointerType, bubbles: true, composed: true } };
    if (isAsked) return;
    isAsked = true;
    load().then(tellOfPointer, () => setTimeout(() => (isAsked = false), PAUSE_MS));
  });
}

for (const name of ["focusin", "pointerdown"]) {
  on(name, (event) => {
    if (openerOf(event)) load().catch(() => {});
  });
}

on("click", (event) => {
  const opener = openerOf(event);
  if (!opener || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  opener.setAttribute("aria-busy", true);
  const late = new Promise((_, reject) => opener.href && setTimeout(reject, PATIENCE_MS));
  Promise.race([load(), late])
    .finally(() => opener.removeAttribute("aria-busy"))
    .then(
      () => opener.click(),
      () => opener.href && location.assign(opener.href),
    );
});

page.setAttribute("data-awaits-intent", "");
