// What the script says by itself, while there is no overlay that knows its languages.
const WORDS = {
  en: { lang: "en", part: "Share a part", page: "Share a picture of this page", failed: "This cannot be shared now." },
  zh: { lang: "zh", part: "分享局部", page: "分享本页的图片", failed: "现在无法分享。" },
  ar: { lang: "ar", part: "مشاركة جزء", page: "مشاركة صورة من هذه الصفحة", failed: "لا تمكن مشاركة هذا الآن.", dir: "rtl" },
};

/** Those of a language, by its tag. */
export const wordsOf = (tag) => WORDS[tag.slice(0, 2).toLowerCase()] ?? WORDS.en;

/** A root with a style sheet that no content security policy forbids. */
export function rooted(host, style) {
  const root = host.attachShadow({ mode: "open" });
  const sheet = new host.ownerDocument.defaultView.CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  return root;
}

/** A button of a page's that reads so; one of another page would be another kind of element there. */
export const button = (label, page = document) => Object.assign(page.createElement("button"), { type: "button", part: "opener", textContent: label });

/** What stands after a button on a page that is of no use now, and is read aloud when it comes. */
export function failure(words, page) {
  const element = page.createElement("div");
  element.setAttribute("role", "alert");
  return Object.assign(element, { textContent: words.failed, lang: words.lang, dir: "auto" });
}

/** What a pressed opener waits for; it says so meanwhile. */
export function busy(opener, wanted) {
  opener.ariaBusy = "true";
  return wanted.finally(() => (opener.ariaBusy = null));
}
