// `<cutline-picture>`: a picture with a button under it that opens the overlay, which always stands there. The picture is the page's
// own `<img>` inside it, or an element there that offers its background, so that without script there is still a picture.
import { PICTURE } from "./listen.js";
import { busy, button, failure, rooted } from "./words.js";

const STYLE = `:host{display:inline-block}
button{display:block;min-height:44px;padding:4px 10px;border:0;background:none;color:inherit;font:inherit;cursor:pointer;text-decoration:underline}
[aria-busy]{opacity:.7}`;

/** Makes the element known in a window, this one or a frame's; `open` opens the overlay. */
export function define({ customElements, HTMLElement }, words, open, warn) {
  // Two scripts on one page, or somebody's own.
  if (customElements.get("cutline-picture")) return;
  customElements.define(
    "cutline-picture",
    class extends HTMLElement {
      static observedAttributes = ["label"];
      #button = button("", this.ownerDocument);
      #failed = failure(words, this.ownerDocument);

      constructor() {
        super();
        this.#button.addEventListener("click", () => this.#open());
        rooted(this, STYLE).append(document.createElement("slot"), this.#button);
        this.attributeChangedCallback();
      }

      attributeChangedCallback() {
        const label = this.getAttribute("label");
        // The page's own words are in its own language.
        const lang = label === null ? words.lang : this.ownerDocument.documentElement.lang;
        Object.assign(this.#button, { textContent: label ?? words.part, lang, dir: "auto" });
      }

      async #open() {
        this.#failed.remove();
        const picture = this.querySelector(PICTURE);
        try {
          if (picture && (await busy(this.#button, open(picture, { region: this.getAttribute("region") })))) return;
          warn("<cutline-picture> has nothing to share");
        } catch (error) {
          if (!error.isSaid) warn(error.message);
        }
        this.#button.after(this.#failed);
      }
    },
  );
}
