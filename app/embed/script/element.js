// `<cutline-picture>`: a picture with a button under it that opens the overlay, which always stands there. The picture is the page's
// own `<img>` inside it, or an element there that offers its background, so that without script there is still a picture.
import { button, rooted } from "./words.js";

const STYLE = `:host{display:inline-block}
button{display:block;min-height:44px;padding:4px 10px;border:0;background:none;color:inherit;font:inherit;cursor:pointer;text-decoration:underline}`;

/** Makes the element known; `wake` gives the overlay. */
export function define(words, wake, warn) {
  // Two scripts on one page, or somebody's own.
  if (customElements.get("cutline-picture")) return;
  customElements.define(
    "cutline-picture",
    class extends HTMLElement {
      static observedAttributes = ["label"];
      #button = button("");
      #outcome = document.createElement("div");

      constructor() {
        super();
        this.#button.addEventListener("click", () => this.#open());
        this.#outcome.setAttribute("role", "status");
        rooted(this, STYLE).append(document.createElement("slot"), this.#button, this.#outcome);
        this.attributeChangedCallback();
      }

      attributeChangedCallback() {
        this.#button.textContent = this.getAttribute("label") ?? words.part;
      }

      async #open() {
        this.#outcome.textContent = "";
        const picture = this.querySelector("img,[data-cutline-background]");
        // Why there is none is said already.
        const overlay = await wake().catch(() => {});
        try {
          if (picture && (await overlay?.open(picture, this.getAttribute("region") ?? undefined))) return;
          if (overlay) warn("<cutline-picture> has no picture that can be shared");
        } catch ({ message }) {
          warn(message);
        }
        this.#outcome.textContent = words.failed;
      }
    },
  );
}
