// Frames of this site's own have pages of their own: at a sign in there the script goes in there too, and finds the sign still
// there. What its overlay tells, and Escape outside of the frame, pass between the two. One overlay is open at a time, in whatever frame.

const TOLD = ["open", "region", "shared", "refused", "close"];

/** Puts the script of `tag` into the page in a frame, unless it has its own, and answers when it is there; `told` hears what happens there. */
export async function putInto(frame, page, { tag, base, told }) {
  if (!page.defaultView.cutline) {
    const copy = page.createElement("script");
    Object.assign(copy.dataset, tag.dataset);
    for (const name of ["crossOrigin", "integrity", "nonce"]) copy[name] = tag[name];
    // Where addresses of scripts must be trusted, this one is: it is running here.
    const { trustedTypes } = page.defaultView;
    copy.src = trustedTypes ? trustedTypes.createPolicy("cutline", { createScriptURL: () => base }).createScriptURL("") : base;
    await new Promise((resolve, reject) => {
      copy.onload = resolve;
      copy.onerror = () => reject(new Error(`${base} cannot be had`));
      page.head.append(copy);
    });
  }
  takeTurns(document);
  // A frame may be in another, where nothing was wanted yet.
  for (let around = frame; around; around = around.ownerDocument === document ? undefined : around.ownerDocument.defaultView.frameElement) {
    passOn(around, around.contentDocument, told);
  }
}

/** Opens the overlay of the frame that a picture is in, into which `enter` puts the script; in no window, nobody's. */
export async function openInFrame(picture, how, enter) {
  const page = picture.ownerDocument;
  const frame = page.defaultView?.frameElement;
  if (!frame) return false;
  if (!page.defaultView.cutline) await enter(frame, page)();
  return page.defaultView.cutline.open(picture, how);
}

/** The page whose overlay was opened last. */
let opened = document;

/** Whether the visitor has done anything on the overlay of a page. */
const isTouched = (page) => [...page.querySelectorAll("cutline-overlay")].some(({ shadowRoot }) => shadowRoot.querySelector("[data-touched]"));

/** Pages whose overlays take turns, and pages in frames that are heard outside of them. */
const turns = new WeakSet();
const heard = new WeakSet();

/** Where an overlay opens on `page`, that of before is closed; none opens by a dwell while another is worked on. */
function takeTurns(page) {
  if (turns.has(page)) return;
  turns.add(page);
  // What is told of a frame in there is another page's.
  const isOther = ({ target }) => !target.contentDocument && page !== opened;
  page.addEventListener("cutline:dwell", (event) => {
    if (isOther(event) && opened.defaultView && isTouched(opened)) event.preventDefault();
  });
  page.addEventListener("cutline:open", (event) => {
    if (!isOther(event)) return;
    // Its frame may be gone, and it with that.
    opened.defaultView?.cutline?.close();
    opened = page;
  });
}

function passOn(frame, page, told) {
  if (heard.has(page)) return;
  heard.add(page);
  takeTurns(page);
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
