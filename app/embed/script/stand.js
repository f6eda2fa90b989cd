// What stands on pictures: an opener on one, or of a walk one on each, of which the one with the focus is seen. Pressed, they open the
// overlay, wait out of sight until it is closed, and have the focus again.
import { isSeen, isThere, isToldOf, standOn } from "./seen.js";
import { button } from "./words.js";

/** How often it is looked whether the picture is still there: where a page moves it, no event tells. */
const LOOK_MS = 500;

/** What a page should not hear of its visitor's work on an opener. */
const OWN = ["keydown", "keyup", "click", "pointerdown", "pointerup", "mousedown", "mouseup", "touchstart", "touchend", "focusin", "focusout", "contextmenu"];

/** How keys walk along. */
const KEYS = {
  en: "Pictures to share: arrow keys lead along them, Enter opens one, Escape leads back",
  zh: "可分享的图片：方向键切换，回车键打开，Esc 键返回",
  ar: "صور للمشاركة: الأسهم للتنقل بينها، ومفتاح الإدخال للفتح، ومفتاح الهروب للعودة",
};

/** Lines of two tones are seen on anything. */
const STYLE = `button { box-sizing: border-box; min-width: 44px; padding: 4px 14px; border: 2px solid #fff; border-radius: var(--cutline-radius, 10px); background: var(--cutline-accent, #0b5cad); color: var(--cutline-on-accent, #fff); box-shadow: 0 0 0 2px #000; line-height: 1.5; cursor: pointer }
button:focus-visible { outline: 3px solid #000; outline-offset: 3px; box-shadow: 0 0 0 3px #fff }
.stand { position: absolute; inset: 0 auto auto 0; width: 0; height: 0; margin: 0; padding: 0; border: 0; overflow: visible; background: none }
.stand button { position: absolute; inset: 0 auto auto 0; white-space: nowrap }
[aria-busy=true] { opacity: 0.7; cursor: progress }
.mark { position: absolute; pointer-events: none; box-sizing: border-box; border: 3px solid #fff; outline: 3px solid #000 }
[role=status] { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }`;

/** An element for openers, with what is said of them. */
function drawn(name, role) {
  const element = document.createElement("div");
  if (name) element.className = name;
  if (role) element.setAttribute("role", role);
  return element;
}

export class Stand {
  /**
   * What stands there now: `buttons` on the pictures `among`; `from` is what they stand there for and has the focus next to them, `isWalk`
   * tells that this is the page's own button; `isBusy`, that the overlay is open on `picture`, or coming, by the opener `pressed`.
   */
  shown;
  #page;
  #element = drawn("stand", "group");
  #mark = drawn("mark");
  #status = drawn("", "status");

  /** `place` in `host` is where openers are put, `put` brings that to a picture; `wake` fetches the overlay, `open` opens it. */
  constructor(page) {
    this.#page = page;
    const { host, place } = page;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    host.shadowRoot.adoptedStyleSheets.push(sheet);
    // By its name: to browsers without popovers the property is none.
    this.#element.setAttribute("popover", "manual");
    for (const name of OWN) place.addEventListener(name, (event) => event.stopPropagation());
    document.addEventListener("cutline:close", (event) => this.#comeBack(event.composedPath()[0]));
    document.addEventListener("cutline:open", () => this.shown && !this.shown.isBusy && this.leave());
  }

  contains(element) {
    return this.#element.contains(element);
  }

  /** Whether the overlay is open by an opener, or coming. */
  get isBusy() {
    return Boolean(this.shown?.isBusy);
  }

  /** Shows an opener on each of `among`; they leave with what they are shown for. */
  show(among, more = {}) {
    this.leave();
    const { place, put, words } = this.#page;
    if (!more.isWalk) put(more.from ?? among[0]);
    const buttons = among.map((picture, at) => this.#opener(picture, at, among.length));
    if (more.isWalk) for (const opener of buttons) opener.className = "quiet";
    this.#element.setAttribute("aria-label", more.isWalk ? KEYS[words.lang] : words.part);
    const ends = new AbortController();
    this.shown = { among, buttons, ends, ...more };
    this.#element.replaceChildren(...buttons, this.#status);
    place.append(this.#element);
    this.#element.showPopover?.();
    const look = () => this.#look();
    for (const name of ["scroll", "resize"]) addEventListener(name, look, { capture: true, passive: true, signal: ends.signal });
    const timer = setInterval(look, LOOK_MS);
    ends.signal.addEventListener("abort", () => clearInterval(timer));
    look();
    return ends.signal;
  }

  leave() {
    this.shown?.ends.abort();
    this.shown = undefined;
    this.#status.textContent = "";
    this.#element.remove();
  }

  #opener(picture, at, length) {
    const { words, wake } = this.#page;
    const opener = button(words.part);
    const alt = picture.alt ?? picture.dataset.cutlineBackground;
    const count = length > 1 ? `${at + 1} / ${length}` : "";
    opener.append(count && ` · ${count}`);
    opener.ariaLabel = [words.part, [alt.trim(), count].filter(Boolean).join(" · ")].filter(Boolean).join(": ");
    opener.addEventListener("pointerdown", () => wake().catch(() => {}));
    opener.addEventListener("click", () => this.#press(opener, picture));
    opener.addEventListener("focus", () => {
      if (this.shown.isWalk && !this.shown.isBusy) picture.scrollIntoView({ block: "nearest", behavior: "instant" });
      this.#element.append(this.#mark);
      this.#look();
    });
    opener.addEventListener("blur", () => this.#mark.remove());
    return opener;
  }

  /** Puts what is seen on its picture. Of one that is not to be seen any more, the opener leaves. */
  #look() {
    const { shown } = this;
    // With its frame an overlay goes without a word.
    if (shown?.isBusy && !shown.picture.ownerDocument.defaultView) return this.leave();
    const at = shown?.isWalk ? shown.buttons.findIndex((opener) => opener.matches(":focus")) : 0;
    if (!shown || shown.isBusy || at < 0) return;
    const [picture, opener] = [shown.among[at], shown.buttons[at]];
    const hasFocus = opener.matches(":focus");
    if (!isThere(picture)) {
      this.leave();
      if (hasFocus) shown.from?.focus();
    } else if (!hasFocus && !isSeen(picture)) {
      this.leave();
    } else {
      standOn(picture, { opener, mark: this.#mark, isLeft: this.#page.words.dir === "rtl" });
    }
  }

  async #press(opener, picture) {
    const { shown } = this;
    if (shown.isBusy) return;
    const { words, open, warn } = this.#page;
    // Where a press gives no focus (Safari), the overlay gives it back to this all the same.
    opener.focus({ preventScroll: true });
    Object.assign(shown, { isBusy: true, pressed: opener, picture });
    opener.ariaBusy = "true";
    // It may load only now that it is seen.
    await picture.decode?.().catch(() => {});
    // Why it does not come is said already.
    const isOpen = await open(picture).catch(() => {});
    opener.ariaBusy = null;
    // Out of sight, but not out of reach: it gets the focus again.
    if (isOpen) opener.className = "quiet";
    if (isOpen || shown !== this.shown) return;
    if (isOpen === false) warn("this picture cannot be shared");
    shown.isBusy = false;
    opener.ariaLabel = null;
    this.#status.textContent = opener.textContent = words.failed;
    this.#look();
  }

  /** An overlay is closed, which is told at `target`: the one on the picture here, or one from before. */
  #comeBack(target) {
    const { shown } = this;
    if (!shown?.isBusy || !isToldOf(shown.picture, target)) return;
    shown.isBusy = false;
    if (!shown.isWalk) shown.pressed.className = "";
    // Out of a frame the focus does not come back by itself.
    if (shown.isWalk && document.activeElement?.localName === "iframe") shown.pressed.focus();
    this.#look();
  }
}
