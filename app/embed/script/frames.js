// Frames of this site's own have pages of their own: at a sign in there the script goes in there too, and finds the sign still
// there. What its overlay tells, and Escape outside of the frame, pass between the two.
import { listen } from "./listen.js";

/** On documents that are listened to: to every copy of this script, in whatever frame, it is the same. */
const KNOWN = Symbol.for("cutline");

const TOLD = ["open", "region", "shared", "refused", "close"];

/** Answers what is to be called with each frame that the pointer comes to, and the document in it. */
export function framed(tag, base, options, told) {
  return function enter(frame, page) {
    if (page[KNOWN]) return;
    page[KNOWN] = true;
    const over = new AbortController();
    const inside = () => {
      over.abort();
      return new Promise((resolve, reject) => {
        const copy = page.createElement("script");
        Object.assign(copy.dataset, tag.dataset);
        for (const name of ["crossOrigin", "integrity", "nonce"]) copy[name] = tag[name];
        // Where addresses of scripts must be trusted, this one is: it is running here.
        const { trustedTypes } = page.defaultView;
        copy.src = trustedTypes ? trustedTypes.createPolicy("cutline", { createScriptURL: () => base }).createScriptURL("") : base;
        copy.onload = resolve;
        copy.onerror = reject;
        page.head.append(copy);
      });
    };
    listen(page, options, over.signal, inside, enter);
    passOn(frame, page, told);
  };
}

function passOn(frame, page, told) {
  const escape = (event) => {
    // The frame went on to another page, with its overlay open.
    if (frame.contentDocument !== page) return removeEventListener("keydown", escape, true);
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // Dispatched at its window, where the overlay listens before all others.
    const { defaultView } = page;
    defaultView.dispatchEvent(new defaultView.KeyboardEvent("keydown", { key: "Escape", cancelable: true }));
  };
  for (const name of TOLD) {
    page.addEventListener(`cutline:${name}`, ({ detail }) => {
      if (name === "open") addEventListener("keydown", escape, true);
      if (name === "close") removeEventListener("keydown", escape, true);
      told(name, frame, detail);
    });
  }
}
