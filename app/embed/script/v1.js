// `/embed/v1.js`: lets visitors of any page share a part of its pictures. Until one of them shows that they may want to, the page
// has this script and a handful of listeners; nothing is asked for and nothing is kept. One global name, `cutline`.
import { define } from "./element.js";
import { isAnyOffered, isOffered, listen, listenForTouch } from "./listen.js";
import { FILES, importChecked, load } from "./load.js";
import { offer } from "./offer.js";
import { read } from "./options.js";
import { wordsOf } from "./words.js";

/** How long a visitor waits for the overlay at most. */
const PATIENCE_MS = 30_000;

/** On documents that are listened to what puts the script in, on those that it is in what hears of fingers and keys: the same to every copy of it. */
const ENTER = Symbol.for("cutline");
const HEAR = Symbol.for("cutline-hear");

const tag = document.currentScript;
const warn = (words) => console.warn(`cutline: ${words}`);

function start() {
  const base = tag.src;
  const options = read(tag.dataset, warn);
  options.lang ||= document.documentElement.lang || navigator.language;
  const words = wordsOf(options.lang);

  let module;
  const waiting = new AbortController();
  // A picture that the page took away reaches nobody.
  const told = (name, picture, detail) =>
    (picture.isConnected ? picture : document).dispatchEvent(
      new CustomEvent(`cutline:${name}`, { bubbles: true, composed: true, detail }),
    );

  /** The overlay, loaded once; after a failure, or when it took too long, the next sign tries again. */
  const wake = () => (module ??= wakeUp());

  async function wakeUp() {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error(`${base}: nothing came in ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS);
    try {
      const overlay = await load({ base, nonce: tag.nonce, options, told, warn, signal: late.signal });
      waiting.abort();
      document.dispatchEvent(new CustomEvent("cutline:ready"));
      return overlay;
    } catch (error) {
      module = undefined;
      warn(error.message);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  let coming;
  /** What only some need; after a failure the next sign tries again. */
  const more = () =>
    (coming ??= importChecked(FILES.more, base, tag.nonce).catch((error) => {
      coming = undefined;
      warn(error.message);
      throw error;
    }));

  /** Listens to a page in a frame of this site's own; answers what puts the script in there. */
  function enter(frame, page) {
    if (page[ENTER]) return page[ENTER];
    const over = new AbortController();
    let inside;
    const putOnce = (page[ENTER] = () =>
      (inside ??= put().then(
        () => over.abort(),
        (error) => {
          inside = undefined;
          throw error;
        },
      )));
    const put = async () => (await more()).putInto(frame, page, { tag, base, told });
    listen(page, options, over.signal, putOnce, enter);
    listenForTouch(page, options, over.signal, (...sign) => putOnce().then(() => page[HEAR](...sign)));
    return putOnce;
  }

  const api = {
    /**
     * Opens the overlay on an `<img>` or an element with `data-cutline-background`, with a part of it selected if `region` says one;
     * whether it can be shared.
     */
    async open(picture, how = {}) {
      if (picture?.nodeType !== 1) throw new TypeError("cutline.open: no element");
      if (picture.ownerDocument !== document) return (await more()).openInFrame(picture, how, enter);
      return (await wake()).open(picture, how.region);
    },
    /** Closes the overlay. */
    close: () => module?.then((overlay) => overlay.close()).catch(() => {}),
    /** Calls `listener` with the detail of `ready`, `open`, `region`, `shared`, `refused` or `close`; the result ends that. */
    on: (name, listener) => {
      const hear = (event) => listener(event.detail, event.composedPath()[0]);
      document.addEventListener(`cutline:${name}`, hear);
      return () => document.removeEventListener(`cutline:${name}`, hear);
    },
  };
  Object.defineProperty(window, "cutline", { value: Object.freeze(api) });
  listen(document, options, waiting.signal, wake, enter);
  define(words, wake, warn);

  if (options.opener === "auto") {
    let made;
    const isNeeded = (one) => (one ? isOffered(one, options) : isAnyOffered(document, options));
    const wanted = () => more().then(({ openers }) => (made ??= openers({ ...stand, words, options, open: api.open, wake, warn })));
    const stand = offer(options.lang, words, isNeeded, wanted);
    document[HEAR] = (...sign) => wanted().then(({ hear }) => hear(...sign));
    listenForTouch(document, options, undefined, document[HEAR]);
  }

  const quoted = () => /[#&]cutline/.test(location.hash) && more().then(({ quote }) => quote(base, wake)).catch(() => {});
  addEventListener("hashchange", quoted);
  quoted();
}

// Its own: an element with this `id` is found under `window.cutline`, too.
if (Object.hasOwn(window, "cutline")) warn("the script is on this page already");
else if (tag?.src) start();
else warn("put the script on the page by a tag of its own");
