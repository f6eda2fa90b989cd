// What a page may say in the `data-…` attributes of the script's tag. The guide's table is made from this file: the comment of
// each is its meaning, and what stands in front of the dash what it takes.

/** A value is anything. */
const text = (value) => value;
/** A value looks like this. */
const like = (pattern, of = text) => (value) => (pattern.test(value) ? of(value) : undefined);
/** A value is a whole number of at least 0. */
const count = like(/^\d{1,6}$/, Number);
/** A value is a language of the overlay's, also with where it is spoken. */
const language = like(/^(en|zh|ar)(-|$)/i);
/** A value is a selector that the browser understands. */
const selector = (value) => {
  document.createDocumentFragment().querySelector(value);
  return value;
};

export const OPTIONS = {
  /** text - the site's key, as the server's owner registered it; not needed where the server is open to every site */
  key: [text, ""],
  /** names with commas between them - the targets to offer, of those that the server allows; all of them by default */
  targets: [text, ""],
  /** milliseconds - how long the pointer must rest on a picture; as the server says by default (600) */
  dwell: [count],
  /** CSS pixels - pictures that are narrower or lower do not react; never less than the server says (120). Until the overlay is loaded, for which a pointer on a picture is a sign, the script goes by this alone, else by 60 */
  threshold: [count],
  /** `en`, `zh` or `ar` - the language of the overlay; that of the page by default */
  lang: [language, ""],
  /** `auto`, `light` or `dark` - how the overlay looks; `auto`, the default, as the visitor's device says */
  theme: [like(/^(auto|light|dark)$/), "auto"],
  /** `auto` or `none` - whether fingers, keys and screen readers are offered a button for pictures that have none (see *Without a pointer* below); `auto` by default */
  opener: [like(/^(auto|none)$/), "auto"],
  /** CSS selector - only pictures that match react; all by default */
  selector: [selector, "*"],
  /** CSS selector - pictures that match, or are inside of what does, do not react; none by default */
  off: [selector, ":not(*)"],
};

/** Reads the attributes of a tag, or an object with the same names; says what is not understood and goes on without it. */
export function read(said, warn) {
  const options = {};
  for (const [name, [, otherwise]] of Object.entries(OPTIONS)) options[name] = otherwise;
  for (const [name, value] of Object.entries(said)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      warn(`data-${name} is none of ${Object.keys(OPTIONS).map((known) => `data-${known}`).join(", ")}`);
      continue;
    }
    let meant;
    try {
      meant = OPTIONS[name][0](String(value).trim());
    } catch {
      // A selector that is none.
    }
    if (meant === undefined) warn(`data-${name}="${value}" is not understood`);
    else options[name] = meant;
  }
  return options;
}
