// `<cutline-picture>`: a picture with a button under it that opens the overlay, for fingers and keys, which do not dwell. The
// picture is the page's own `<img>` inside it, so that without script there is still a picture.

const LABEL = { en: "Share a part", zh: "分享局部", ar: "مشاركة جزء" };

const STYLE = `:host { display: inline-block }
button { display: block; min-height: 44px; padding: 4px 10px; border: 0; background: none; color: inherit; font: inherit; cursor: pointer; text-decoration: underline }`;

/** Makes the element known; `open` opens the overlay on a picture, with a region if one is given. */
export function define(lang, open) {
  // Two scripts on one page, or somebody's own.
  if (customElements.get("cutline-picture")) return;
  customElements.define(
    "cutline-picture",
    class extends HTMLElement {
      connectedCallback() {
        if (this.shadowRoot) return;
        const root = this.attachShadow({ mode: "open" });
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
        root.adoptedStyleSheets = [sheet];
        const button = document.createElement("button");
        button.type = "button";
        button.part = "opener";
        button.textContent = this.getAttribute("label") ?? LABEL[lang] ?? LABEL.en;
        button.addEventListener("click", () => {
          const picture = this.querySelector("img");
          if (picture) open(picture, { region: this.getAttribute("region") ?? undefined }).catch(() => {});
        });
        root.append(document.createElement("slot"), button);
      }
    },
  );
}
