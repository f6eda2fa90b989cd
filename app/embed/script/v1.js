// `/embed/v1.js`: lets visitors of any page share a part of its pictures. Until one of them shows that they may want to, the page
// has this script and a handful of listeners; nothing is asked for and nothing is kept. One global name, `cutline`.
import { define } from "./element.js";
import { listen } from "./listen.js";
import { load } from "./load.js";
import { read } from "./options.js";
import { quote } from "./quote.js";

const tag = document.currentScript;
const warn = (words) => console.warn(`cutline: ${words}`);

function start() {
  const base = tag.src;
  const options = read(tag.dataset, warn);
  options.lang ||= document.documentElement.lang || navigator.language;

  let module;
  const waiting = new AbortController();
  const told = (name, picture, detail) =>
    picture.dispatchEvent(
      new CustomEvent(`cutline:${name}`, { bubbles: true, composed: true, detail }),
    );

  /** The overlay, loaded once; after a failure the next sign tries again. */
  const wake = () =>
    (module ??= load({ base, nonce: tag.nonce, options, told }).then(
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
    ));

  // A frame has a page of its own: at a sign in there the script goes in there too, and finds the sign still there.
  const known = new WeakSet([document]);
  const framed = (page) => {
    if (known.has(page)) return;
    known.add(page);
    const over = new AbortController();
    const inside = () => {
      over.abort();
      return new Promise((resolve, reject) => {
        const copy = page.createElement("script");
        for (const { name, value } of tag.attributes) copy.setAttribute(name, value);
        copy.src = base;
        copy.nonce = tag.nonce;
        copy.onload = resolve;
        copy.onerror = reject;
        page.head.append(copy);
      });
    };
    listen(page, options, over.signal, inside, framed);
  };

  const api = {
    /** Opens the overlay on an `<img>`, with a part of it selected if `region` says one; whether it can be shared. */
    open: async (picture, { region } = {}) => (await wake()).open(picture, region),
    /** Closes the overlay. */
    close: () => module?.then((overlay) => overlay.close()),
    /** Calls `listener` with the detail of `ready`, `open`, `region`, `shared`, `refused` or `close`; the result ends that. */
    on: (name, listener) => {
      const hear = ({ detail, target }) => listener(detail, target);
      document.addEventListener(`cutline:${name}`, hear);
      return () => document.removeEventListener(`cutline:${name}`, hear);
    },
  };
  Object.defineProperty(window, "cutline", { value: Object.freeze(api) });
  listen(document, options, waiting.signal, wake, framed);
  define(options.lang.split("-")[0], api.open);
  quote(new URL(base).origin, wake);
}

if (window.cutline) warn("the script is on this page already");
else if (tag?.src) start();
else warn("put the script on the page by a tag of its own");
