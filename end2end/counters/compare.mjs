// compare.mjs PACKAGES PROGRAM COUNT: makes COUNT texts of what is hard to count, asks PROGRAM and the platforms' own libraries,
// and says where they differ.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const [packages, program, count] = process.argv.slice(2);
const require = createRequire(join(packages, "package.json"));
const { RichText } = require("@atproto/api");
const twitter = require("twitter-text");
const segmenter = new Intl.Segmenter();

/** The same numbers each time (mulberry32). */
let state = 20261126;
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}
const pick = (list) => list[random(list.length)];

const WORDS = ["lighthouse", "at", "dusk", "naïve", "Straße", "e\u0301te\u0301", "ไทย", "हिन्दी", "한국어", "한국", "עברית", "العربية", "ﷺ", "Å", "i̇", "z̸̢̛a̵l̶g̷o"];
const CJK = ["中文", "日本語", "、", "。", "「灯台」", "かな", "ｶﾅ", "𠮷野家", "〜"];
const EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "👩🏿‍🚀", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇨🇳", "🇩🇪🇫🇷", "1️⃣", "☺️", "☺", "❤️‍🔥", "🧑🏻‍🤝‍🧑🏿", "🫱🏼‍🫲🏽", "©️"];
const MARKS = [" ", "  ", "\n", "\n\n", "\t", ".", ",", "!", "?", "…", "(", ")", "\"", "'", "-", "–", "_", "/", ":", ";", "\u200d", "\ufe0f", "\u2060", "\u00a0"];
const MENTIONS = ["@alice", "@alice@example.social", "@_x", "#tag", "#中文", "$CASH", "a@b.com"];
const HOSTS = ["example.com", "www.example.org", "a-b.example.net", "sub.domain.example.de", "bücher.com", "日本.jp", "x.co.uk", "example.com:8080", "EXAMPLE.COM", "xn--bcher-kva.com", "a_b.example.com"];
const PATHS = ["", "/", "/a", "/a/b.html", "/s/ctkcs0dqnvt838q5", "/wiki/Leuchtturm_(Bauwerk)", "/a,b;c", "/é/ü", "/путь", "/a.", "/a)", "/(a)", "/((a))", "/a/(b)/c", "/~x/@y", "/a%20b", "/*", "/a_", "/a-"];
const QUERIES = ["", "", "", "?", "?a=1", "?a=b&c=d", "?q=(x)", "?a=1.", "?x=%20,", "#xywh=percent:1,2,3,4", "?a#b"];
// Whatever comes before an address may be glued to it; after it comes a mark, since where a word is glued to a host the list of
// top-level domains decides, which we leave out.
const address = () => `${pick(["https", "http", "HTTPS", "Http"])}://${pick(HOSTS)}${pick(PATHS)}${pick(QUERIES)}${pick([" ", "\n", ", ", ". ", "! ", "? ", ") ", "…", "。", "」", " – "])}`;
const piece = () => pick([() => pick(WORDS), () => pick(CJK), () => pick(EMOJI), () => pick(MARKS), () => pick(MARKS), () => pick(MENTIONS), address])();
const text = () => Array.from({ length: 1 + random(24) }, piece).join(random(3) === 0 ? "" : " ");

/** Consonants of India that are joined: one sign in newer tables of Unicode, several in those that a Mastodon may have. */
const LINKERS = /[\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d]/gu;

/**
 * As Mastodon counts (its StatusLengthValidator): graphemes, after each address that has a scheme has become 23 letters. The least and
 * the most that we may say: a mark that is glued to an address is part of it there, and linkers are counted for whoever has older tables.
 */
function asMastodon(text) {
  const entities = twitter.extractUrlsWithIndices(text, { extractUrlsWithoutProtocol: false });
  let end = 0;
  let counted = "";
  for (const { indices } of entities) {
    counted += text.slice(end, indices[0]) + "x".repeat(23);
    end = indices[1];
  }
  counted += text.slice(end);
  const least = [...segmenter.segment(counted)].length;
  return [least, least + entities.length + (text.match(LINKERS)?.length ?? 0)];
}

/** Emoji that are younger than the library, which has not had another version: it weighs their parts. */
const YOUNGER = /❤️‍🔥|🧑🏻‍🤝‍🧑🏿|🫱🏼‍🫲🏽/u;

/**
 * As X weighs. Nothing where it would find a host without a scheme, which it takes for an address and we do not, where letters are
 * written with their accents apart, which it puts together first, and where emoji are younger than the library.
 */
function asX(text) {
  const found = (extractUrlsWithoutProtocol) => twitter.extractUrlsWithIndices(text, { extractUrlsWithoutProtocol }).length;
  const isSame = found(true) === found(false) && text.normalize("NFC") === text && !YOUNGER.test(text);
  return isSame ? twitter.parseTweet(text).weightedLength : undefined;
}

/** As X weighs, with hosts that have no scheme, which a list decides that we have not: we may only say more. */
const atMostAsX = (text) => (YOUNGER.test(text) ? 0 : twitter.parseTweet(text).weightedLength);

const texts = Array.from({ length: Number(count) }, text);
const asked = spawnSync(program, { input: JSON.stringify(texts), encoding: "utf8", maxBuffer: 1 << 28 });
if (asked.status !== 0) throw new Error(`${program}: ${asked.stderr}`);
const ours = JSON.parse(asked.stdout);
let differences = 0;
let weighed = 0;
texts.forEach((text, number) => {
  const theirs = {
    graphemes: new RichText({ text }).graphemeLength,
    segments: [...segmenter.segment(text)].length,
    bytes: new RichText({ text }).length,
    utf16: text.length,
    characters: [...text].length,
    x: asX(text),
  };
  if (theirs.x === undefined) delete theirs.x;
  else weighed += 1;
  const found = { ...ours[number], segments: ours[number].graphemes };
  const wrong = Object.keys(theirs).filter((name) => theirs[name] !== found[name]);
  const [least, most] = asMastodon(text);
  theirs.mastodon = `${least} to ${most}`;
  if (found.mastodon < least || found.mastodon > most) wrong.push("mastodon");
  theirs.x_with_hosts = `${atMostAsX(text)} or more`;
  if (found.x_with_hosts < atMostAsX(text)) wrong.push("x_with_hosts");
  if (wrong.length > 0 && (differences += 1) <= 20) {
    console.log(`${JSON.stringify(text)}: ${wrong.map((name) => `${name} ${found[name]}, not ${theirs[name]}`).join("; ")}`);
  }
});
console.log(`${texts.length} texts (${weighed} of them as X weighs them), ${differences} counted differently`);
process.exit(differences === 0 ? 0 : 1);
