// Openers beside pictures, for those who do not dwell: a finger that holds a picture or taps one that does nothing, and keys that come
// to a link or button with a picture in it. One for one picture at a time; from the page's own button, one for each, which keys
// walk along. Pressed, they open the overlay. The page's events take their way: nothing of them is prevented but the
// Tab that leads to an opener.
import { PICTURE, all, isOffered } from "./listen.js";
import { button } from "./words.js";

/** How long a finger holds a picture: less than browsers wait until they show their own menu. */
const HOLD_MS = 400;
/** How far it may go meanwhile, in CSS pixels. */
const SLACK = 10;
/** How long a page may take to show something else over a picture that was tapped. */
const SETTLE_MS = 300;
/** How far from the picture's edge an opener stands, and the mark around it. */
const GAP = 8;
/** How often it is looked whether the picture is still there: where a page moves it, no event tells. */
const LOOK_MS = 500;

/** What a tap does something on. */
const ACTIVE = "a,area,button,input,select,textarea,label,summary,video,audio,[role=button],[role=link],[tabindex='0'],[contenteditable]";

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
.quiet:not(:focus) { min-width: 0; box-shadow: none }
.stand { position: absolute; inset: 0 auto auto 0; width: 0; height: 0; margin: 0; padding: 0; border: 0; overflow: visible; background: none }
.stand button { position: absolute; inset: 0 auto auto 0; white-space: nowrap }
[aria-busy=true] { opacity: 0.7; cursor: progress }
.mark { position: absolute; pointer-events: none; box-sizing: border-box; border: 3px solid #fff; outline: 3px solid #000 }
[role=status] { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }`;

/** `place` in `host` is where openers are put, `put` brings that to a picture; `wake` fetches the overlay, `open` opens it. */
export function openers({ host, place, put, words, options, open, wake, warn }) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  host.shadowRoot.adoptedStyleSheets.push(sheet);
  const stand = document.createElement("div");
  stand.className = "stand";
  // By its name: to browsers without popovers the property is none.
  stand.setAttribute("popover", "manual");
  stand.setAttribute("role", "group");
  const mark = document.createElement("div");
  mark.className = "mark";
  const status = document.createElement("div");
  status.setAttribute("role", "status");
  for (const name of OWN) place.addEventListener(name, (event) => event.stopPropagation());

  /** What stands there now: its buttons and their pictures; what they stand there for; whether the overlay is open, or coming. */
  let shown;

  const openerOf = (picture, at, { length }) => {
    const opener = button(words.part);
    const alt = picture.alt ?? picture.dataset.cutlineBackground;
    const count = length > 1 ? `${at + 1} / ${length}` : "";
    opener.append(count && ` · ${count}`);
    opener.ariaLabel = [words.part, [alt.trim(), count].filter(Boolean).join(" · ")].filter(Boolean).join(": ");
    opener.addEventListener("pointerdown", () => wake().catch(() => {}));
    opener.addEventListener("click", () => press(opener, picture));
    opener.addEventListener("focus", () => {
      if (shown.isWalk && !shown.isBusy) picture.scrollIntoView({ block: "nearest", behavior: "instant" });
      stand.append(mark);
      look();
    });
    opener.addEventListener("blur", () => mark.remove());
    return opener;
  };

  /** Shows an opener on each of `among`; they leave with what they are shown for. */
  function show(among, more = {}) {
    leave();
    if (!more.isWalk) put(more.from ?? among[0]);
    const buttons = among.map(openerOf);
    if (more.isWalk) for (const opener of buttons) opener.className = "quiet";
    stand.setAttribute("aria-label", more.isWalk ? (KEYS[place.lang.slice(0, 2).toLowerCase()] ?? KEYS.en) : words.part);
    shown = { among, buttons, ends: new AbortController(), ...more };
    stand.replaceChildren(...buttons, status);
    place.append(stand);
    stand.showPopover?.();
    const { signal } = shown.ends;
    for (const name of ["scroll", "resize"]) addEventListener(name, look, { capture: true, passive: true, signal });
    addEventListener("keydown", lead, { signal });
    addEventListener("focusin", ({ target }) => shown.isWalk && !shown.isBusy && target !== host && leave(), { capture: true, signal });
    const timer = setInterval(look, LOOK_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    look();
  }

  function leave() {
    shown?.ends.abort();
    shown = undefined;
    status.textContent = "";
    stand.remove();
  }

  /** Puts what is seen on its picture. Of one that is not to be seen any more, the opener leaves. */
  function look() {
    // With its frame an overlay goes without a word.
    if (shown?.isBusy && !shown.picture.ownerDocument.defaultView) return leave();
    const at = shown?.isWalk ? shown.buttons.findIndex((opener) => opener.matches(":focus")) : 0;
    if (!shown || shown.isBusy || at < 0) return;
    const picture = shown.among[at];
    // With a frame go its pictures.
    if (!picture.isConnected || !picture.ownerDocument.defaultView) {
      const { from, buttons } = shown;
      const hasFocus = buttons[at].matches(":focus");
      leave();
      if (hasFocus) from?.focus();
      return;
    }
    const { offsetLeft, offsetTop, pageLeft, pageTop, width, height } = visualViewport;
    const box = boxOf(picture);
    const seen = {
      left: Math.max(box.left, offsetLeft),
      top: Math.max(box.top, offsetTop),
      right: Math.min(box.right, offsetLeft + width),
      bottom: Math.min(box.bottom, offsetTop + height),
    };
    const opener = shown.buttons[at];
    const hasFocus = opener.matches(":focus");
    if (!hasFocus && !isSeen(picture, seen)) return leave();
    const [wide, high] = [opener.offsetWidth, opener.offsetHeight];
    const within = (value, from, to) => Math.max(from, Math.min(value, to));
    const [x, y] = [pageLeft - offsetLeft, pageTop - offsetTop];
    const across = words.dir === "rtl" ? seen.left + GAP : seen.right - GAP - wide;
    move(opener, {
      left: x + within(across, offsetLeft + GAP, offsetLeft + width - GAP - wide),
      top: y + within(seen.bottom - GAP - high, offsetTop + GAP, offsetTop + height - GAP - high),
    });
    move(mark, { left: x + box.left, top: y + box.top, width: box.right - box.left, height: box.bottom - box.top });
  }

  /** Where a picture is in this window, though it may be in a frame. */
  function boxOf(picture) {
    let { left, top, right, bottom } = picture.getBoundingClientRect();
    for (let { defaultView } = picture.ownerDocument; defaultView !== window; defaultView = defaultView.parent) {
      const { frameElement } = defaultView;
      const frame = frameElement.getBoundingClientRect();
      const [x, y] = [frame.left + frameElement.clientLeft, frame.top + frameElement.clientTop];
      [left, right, top, bottom] = [left + x, right + x, top + y, bottom + y];
    }
    return { left, top, right, bottom };
  }

  function move({ style }, to) {
    for (const [name, pixels] of Object.entries(to)) style[name] = `${pixels}px`;
  }

  /** Whether the page shows the picture there, and nothing else over it, as a lightbox does. */
  function isSeen(picture, { left, top, right, bottom }) {
    if (right - left < GAP || bottom - top < GAP) return false;
    const there = picture.getRootNode().elementsFromPoint((left + right) / 2, (top + bottom) / 2);
    const first = there.find(({ localName }) => !/^cutline-/.test(localName));
    if (!first) return false;
    // What is in the picture, around it, or beside it in the same element, is the picture's.
    const { parentNode } = first;
    return first.contains(picture) || picture.contains(first) || (parentNode !== document.body && Boolean(parentNode?.contains(picture)));
  }

  async function press(opener, picture) {
    if (shown.isBusy) return;
    const mine = shown;
    // Where a press gives no focus (Safari), the overlay gives it back to this all the same.
    opener.focus({ preventScroll: true });
    Object.assign(mine, { isBusy: true, pressed: opener, picture });
    opener.ariaBusy = "true";
    // It may load only now that it is seen.
    await picture.decode?.().catch(() => {});
    // Why it does not come is said already.
    const isOpen = await open(picture).catch(() => {});
    opener.ariaBusy = null;
    // Out of sight, but not out of reach: it gets the focus again.
    if (isOpen) opener.className = "quiet";
    if (isOpen || mine !== shown) return;
    if (isOpen === false) warn("this picture cannot be shared");
    mine.isBusy = false;
    opener.ariaLabel = null;
    status.textContent = opener.textContent = words.failed;
    look();
  }

  /** Keys while an opener is there for what has the focus: Tab leads to it, Escape sends it away. */
  function lead(event) {
    const { from, buttons } = shown;
    if (!from || event.defaultPrevented || !from.matches(":focus")) return;
    if (event.key === "Escape") leave();
    if (event.key !== "Tab" || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    buttons[0].focus();
  }

  place.addEventListener("keydown", (event) => {
    if (!shown || shown.isBusy || !stand.contains(event.target)) return;
    const { from, buttons, isWalk } = shown;
    const at = buttons.indexOf(event.target);
    const steps = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: buttons.length - 1 };
    if (words.dir === "rtl") [steps.ArrowLeft, steps.ArrowRight] = [steps.ArrowRight, steps.ArrowLeft];
    if (event.key === "Escape") {
      event.preventDefault();
      leave();
      from?.focus();
    } else if (isWalk && event.key in steps) {
      event.preventDefault();
      buttons.at(steps[event.key] % buttons.length).focus();
    } else if (!isWalk && event.key === "Tab" && from) {
      // On from where the opener stands for: the browser takes the step itself.
      if (event.shiftKey) event.preventDefault();
      from.focus({ preventScroll: true });
    }
  });
  // A walk ends where the focus goes elsewhere; not with the window's.
  place.addEventListener("focusout", ({ relatedTarget }) => {
    if (shown?.isWalk && !shown.isBusy && document.hasFocus() && !stand.contains(relatedTarget)) leave();
  });
  place.addEventListener("focusin", ({ target }) => shown && !shown.isWalk && shown.from && !stand.contains(target) && leave());
  document.addEventListener("cutline:close", () => {
    if (!shown?.isBusy) return;
    shown.isBusy = false;
    if (!shown.isWalk) shown.pressed.className = "";
    // Out of a frame the focus does not come back by itself.
    if (shown.isWalk && document.activeElement?.localName === "iframe") shown.pressed.focus();
    look();
  });
  document.addEventListener("cutline:open", () => shown && !shown.isBusy && leave());

  /** The finger that is down on a picture, or was last. */
  let finger;

  function hold() {
    if (finger && !finger.isHeld) show([finger.picture]);
    if (finger) finger.isHeld = true;
  }

  const signs = {
    pointerdown(event, picture) {
      clearTimeout(finger?.timer);
      finger?.ends.abort();
      finger = undefined;
      if (shown?.isBusy) return;
      leave();
      if (event.pointerType !== "touch" || !event.isPrimary || !picture) return;
      const { clientX, clientY } = event;
      finger = { picture, at: event.timeStamp, timer: setTimeout(hold, HOLD_MS), ends: new AbortController() };
      const stray = (moved) => Math.hypot(moved.clientX - clientX, moved.clientY - clientY) > SLACK && signs.pointercancel();
      addEventListener("pointermove", stray, { capture: true, passive: true, signal: finger.ends.signal });
    },
    pointerup(event) {
      // The script may have come later than the finger left.
      if (finger && event.timeStamp - finger.at >= HOLD_MS) hold();
      clearTimeout(finger?.timer);
      finger?.ends.abort();
    },
    pointercancel() {
      clearTimeout(finger?.timer);
      finger?.ends.abort();
      if (!finger?.isHeld) finger = undefined;
    },
    // The browser's own menu comes, and the opener is there when it has gone.
    contextmenu: hold,
    click(event, picture, path) {
      const tapped = finger;
      finger = undefined;
      if (!picture || tapped?.picture !== picture || tapped.isHeld || path.some((element) => element.matches?.(ACTIVE))) return;
      setTimeout(() => !event.defaultPrevented && isOffered(picture, options) && !document.querySelector("cutline-overlay") && show([picture]), SETTLE_MS);
    },
    focusin(_event, picture, [target]) {
      if (shown?.isBusy || shown?.isWalk || shown?.from === target) return;
      if (picture) show([picture], { from: target });
      else if (shown?.from) leave();
    },
  };

  return {
    /** A sign of somebody's who does not dwell. */
    hear(event, path, picture) {
      if (!path.includes(host)) signs[event.type](event, picture, path);
    },
    /** Leads along all pictures, from the first that is seen; the focus comes back to `page`. */
    walk(page) {
      page.textContent = words.page;
      // Who is hidden for now, as pictures fade in when they are scrolled to, is there.
      const isThere = (picture) => picture.checkVisibility?.({ visibilityProperty: true }) !== false;
      const among = [...all(host.parentNode, PICTURE)].filter((picture) => isThere(picture) && isOffered(picture, options));
      if (among.length === 0) return (page.textContent = words.failed);
      show(among, { isWalk: true, from: page });
      const first = among.findIndex((picture) => boxOf(picture).bottom > 0);
      shown.buttons.at(Math.max(first, 0)).focus();
    },
  };
}
