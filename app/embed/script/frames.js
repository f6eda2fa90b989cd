// Frames of this site's own have pages of their own: at a sign in there the script goes in there too, and finds the sign still
// there. What its overlay tells, and Escape outside of the frame, pass between the two.

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
  passOn(frame, page, told);
}

/** Opens the overlay of the frame that a picture is in, into which `enter` puts the script; in no window, nobody's. */
export async function openInFrame(picture, how, enter) {
  const page = picture.ownerDocument;
  const frame = page.defaultView?.frameElement;
  if (!frame) return false;
  if (!page.defaultView.cutline) await enter(frame, page)();
  return page.defaultView.cutline.open(picture, how);
}

/** The frame whose overlay was opened last, if it was one's. */
let opened;

/** One overlay at a time, in whatever frame: where one opens, that of before is closed. */
function closeOthers({ target }) {
  const now = target.localName === "iframe" ? target : undefined;
  if (now !== opened) (opened ? opened.contentDocument?.defaultView : window)?.cutline?.close();
  opened = now;
}

function passOn(frame, page, told) {
  document.addEventListener("cutline:open", closeOthers);
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
