// `/embed/v1.js`: lets visitors of any page share a part of its pictures. Until one of them shows that they may want to, the page
// has this script and a handful of listeners; nothing is asked for and nothing is kept. One global name, `cutline`.
import { define } from "./element.js";
import { framed } from "./frames.js";
import { listen } from "./listen.js";
import { load } from "./load.js";
import { read } from "./options.js";
import { quote } from "./quote.js";

/** How long a visitor waits for the overlay at most. */
const PATIENCE_MS = 30_000;

const tag = document.currentScript;
const warn = (words) => console.warn(`cutline: ${words}`);

function start() {
  const base = tag.src;
  const options = read(tag.dataset, warn);
  options.lang ||= document.documentElement.lang || navigator.language;

  let module;
  const waiting = new AbortController();
  // A picture that the page took away reaches nobody.
  const told = (name, picture, detail) =>
    (picture.isConnected ? picture : document).dispatchEvent(
      new CustomEvent(`cutline:${name}`, { bubbles: true, composed: true, detail }),
    );

  /** The overlay, loaded once; after a failure the next sign tries again. */
  const wake = () => {
    module ??= load({ base, nonce: tag.nonce, options, told, warn }).then(
      (overlay) => {
        waiting.abort();
        document.dispatchEvent(new CustomEvent("cutline:ready"));
        return overlay;
      },
      (error) => {
        module = undefined;
        warn(error.message);
        throw error;
      },
    );
    const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS, new Error(`${base}: nothing came in ${PATIENCE_MS / 1_000} s`)));
    return Promise.race([module, late]);
  };

  const api = {
    /** Opens the overlay on an `<img>`, with a part of it selected if `region` says one; whether it can be shared. */
    open: async (picture, { region } = {}) => (await wake()).open(picture, region),
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
  listen(document, options, waiting.signal, wake, framed(tag, base, options, told));
  define(options.lang.split("-")[0], wake, warn);
  quote(new URL(base).origin, wake);
}

// Its own: an element with this `id` is found under `window.cutline`, too.
if (Object.hasOwn(window, "cutline")) warn("the script is on this page already");
else if (tag?.src) start();
else warn("put the script on the page by a tag of its own");
