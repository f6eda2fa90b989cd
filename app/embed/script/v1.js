// `/embed/v1.js`: lets visitors of any page share a part of its pictures. Until one of them shows that they may want to, the page
// has this script and a handful of listeners; nothing is asked for and nothing is kept. One global name, `cutline`.
import { define } from "./element.js";
import { PICTURE, all, isOffered, listen, listenForTouch } from "./listen.js";
import { FILES, importChecked, load } from "./load.js";
import { offer } from "./offer.js";
import { read } from "./options.js";
import { wordsOf } from "./words.js";

/** On documents that are listened to what puts the script in, on those that it is in what hears of fingers and keys: the same to every copy of it. */
const ENTER = Symbol.for("cutline");
const HEAR = Symbol.for("cutline-hear");

const tag = document.currentScript;
const warn = (words) => console.warn(`cutline: ${words}`);

/** Does something once; after a failure, which it says, the next call tries again. */
function once(work) {
  const now = () =>
    (now.made ??= work().catch((error) => {
      now.made = undefined;
      if (!error.isSaid) warn(error.message);
      throw Object.assign(error, { isSaid: true });
    }));
  return now;
}

function start() {
  const base = tag.src;
  const options = read(tag.dataset, warn);
  options.lang ||= document.documentElement.lang || navigator.language;
  const words = wordsOf(options.lang);

  const waiting = new AbortController();
  // A picture that the page took away reaches nobody.
  const told = (name, picture, detail) =>
    (picture.isConnected ? picture : document).dispatchEvent(
      new CustomEvent(`cutline:${name}`, { bubbles: true, composed: true, cancelable: true, detail }),
    );

  /** The overlay; what took half a minute has failed. */
  const wake = once(async () => {
    const late = new AbortController();
    setTimeout(() => late.abort(new Error(`${base}: nothing came in 30 s`)), 30_000);
    const overlay = await load({ base, nonce: tag.nonce, options, told, warn, signal: late.signal });
    waiting.abort();
    told("ready", document);
    return overlay;
  });

  /** What only some need. */
  const more = once(() => importChecked(FILES.more, base, tag.nonce));

  /** Listens to a page in a frame of this site's own; answers what puts the script in there. */
  function enter(frame, page) {
    define(page.defaultView, words, api.open, warn);
    if (page[ENTER]) return page[ENTER];
    const over = new AbortController();
    const putOnce = (page[ENTER] = once(async () => {
      await (await more()).putInto(frame, page, { tag, base, told });
      over.abort();
    }));
    listen(page, options, over.signal, putOnce, enter, words);
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
    close: () => wake.made?.then((overlay) => overlay.close()).catch(() => {}),
    /** Calls `listener` with the detail of `ready`, `open`, `region`, `shared`, `refused` or `close`; the result ends that. */
    on: (name, listener) => {
      const hear = (event) => listener(event.detail, event.composedPath()[0]);
      document.addEventListener(`cutline:${name}`, hear);
      return () => document.removeEventListener(`cutline:${name}`, hear);
    },
  };
  Object.defineProperty(window, "cutline", { value: Object.freeze(api) });
  listen(document, options, waiting.signal, wake, enter, words);
  define(window, words, api.open, warn);

  if (options.opener === "auto") {
    let made;
    const isNeeded = (among = all(document, PICTURE)) => {
      for (const one of among) if (isOffered(one, options)) return true;
    };
    const wanted = () => more().then(({ openers }) => (made ??= openers({ ...stand, words, options, open: api.open, wake, warn })));
    const stand = offer(words, isNeeded, wanted);
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
else warn("the script wants a tag of its own");
