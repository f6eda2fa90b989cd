// Leads back to where a part was taken from: `#cutline=ID` names a share of this server, `#xywh=percent:X,Y,W,H&cutline-img=…`
// (W3C Media Fragments) a part of the picture with that address, or at that place of `document.images`. The picture may come
// late, or load only when it is seen.
import { all } from "./listen.js";

/** How long a page may take to show the picture, and how often it is looked for. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 200;

/** What the page's address asks to show; nothing if it asks for nothing. */
async function asked(host) {
  const said = new URLSearchParams(location.hash.slice(1));
  const id = said.get("cutline");
  if (id !== null && /^[\w-]+$/.test(id)) {
    const answer = await fetch(`${host}/s/${id}.json`, { credentials: "omit" });
    if (!answer.ok) return;
    const { target, body } = await answer.json();
    const words = body.find(({ purpose }) => purpose === "commenting");
    return { region: target.selector.value, picture: target.source.id, text: words?.value ?? "" };
  }
  const [region, picture] = [said.get("xywh"), said.get("cutline-img")];
  if (region !== null && picture !== null) return { region: `xywh=${region}`, picture, text: "" };
}

/** An address as the page means it; none where it is none. */
function absolute(said) {
  try {
    return new URL(said, document.baseURI).href;
  } catch {}
}

/** Every address that a picture goes by on its page. */
function* addresses(picture) {
  yield picture.currentSrc;
  for (const name of ["data-cutline-source", "src", "data-src", "data-original"]) {
    const said = picture.getAttribute(name);
    if (said) yield absolute(said);
  }
  for (const source of [picture, ...(picture.closest("picture")?.querySelectorAll("source") ?? [])]) {
    // A candidate ends at a comma; one inside of an address, with no space after it, is the address's.
    const candidates = (source.getAttribute("srcset") ?? "").matchAll(/([^\s,](?:\S*[^\s,])?)(?:\s[^,]*)?(?:,|$)/g);
    for (const [, address] of candidates) yield absolute(address);
  }
}

function find(wanted) {
  if (/^\d+$/.test(wanted)) return document.images[Number(wanted)];
  const href = absolute(wanted);
  for (const picture of href ? all(document, "img") : []) {
    // Those in frames are their pages'.
    if (picture.ownerDocument === document && [...addresses(picture)].includes(href)) return picture;
  }
}

/** The picture, as soon as the page has it, while `isWanted`. Looked for: no event tells of what is in shadow roots. */
async function appearing(wanted, isWanted) {
  for (const end = Date.now() + PATIENCE_MS; isWanted() && Date.now() < end; ) {
    const picture = find(wanted);
    if (picture) return picture;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const loaded = (picture) =>
  (picture.complete && picture.naturalWidth > 0) ||
  new Promise((resolve) => picture.addEventListener("load", resolve, { once: true }));

/** Shows what the page's address asks for; `base` is on the server, `wake` gives the overlay. A page without the picture is still the page. */
export async function quote(base, wake) {
  const { hash } = location;
  const isWanted = () => location.hash === hash;
  if (document.readyState === "loading") await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
  const part = await asked(new URL(base).origin);
  const picture = part && (await appearing(part.picture, isWanted));
  if (!picture) return;
  picture.scrollIntoView({ block: "center" });
  await loaded(picture);
  const overlay = await wake();
  if (isWanted()) overlay.quote(picture, part.region, part.text);
}
