// `<cutline-picture>`: a picture with a button under it that opens the overlay, for fingers and keys, which do not dwell. The
// picture is the page's own `<img>` inside it, so that without script there is still a picture.

const LABEL = { en: "Share a part", zh: "分享局部", ar: "مشاركة جزء" };

/** What a visitor hears where the overlay does not come. */
const FAILED = { en: "This cannot be shared now.", zh: "现在无法分享。", ar: "لا تمكن مشاركة هذا الآن." };

const STYLE = `:host { display: inline-block }
button { display: block; min-height: 44px; padding: 4px 10px; border: 0; background: none; color: inherit; font: inherit; cursor: pointer; text-decoration: underline }`;

/** Makes the element known; `wake` gives the overlay. */
export function define(lang, wake, warn) {
  // Two scripts on one page, or somebody's own.
  if (customElements.get("cutline-picture")) return;
  customElements.define(
    "cutline-picture",
    class extends HTMLElement {
      static observedAttributes = ["label"];
      #button = document.createElement("button");
      #outcome = document.createElement("div");

      constructor() {
        super();
        const root = this.attachShadow({ mode: "open" });
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
        root.adoptedStyleSheets = [sheet];
        this.#button.type = "button";
        this.#button.part = "opener";
        this.#button.addEventListener("click", () => this.#open());
        this.#outcome.setAttribute("role", "status");
        root.append(document.createElement("slot"), this.#button, this.#outcome);
        this.attributeChangedCallback();
      }

      attributeChangedCallback() {
        this.#button.textContent = this.getAttribute("label") ?? LABEL[lang] ?? LABEL.en;
      }

      async #open() {
        this.#outcome.textContent = "";
        const picture = this.querySelector("img");
        // Why there is none is said already.
        const overlay = await wake().catch(() => {});
        try {
          if (picture && overlay?.open(picture, this.getAttribute("region") ?? undefined)) return;
          if (overlay) warn("<cutline-picture> has no <img> that can be shared");
        } catch ({ message }) {
          warn(message);
        }
        this.#outcome.textContent = FAILED[lang] ?? FAILED.en;
      }
    },
  );
}
