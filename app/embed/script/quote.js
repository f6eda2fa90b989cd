// Leads back to where a part was taken from: `#cutline=ID` names a share of this server, `#xywh=percent:X,Y,W,H&cutline-img=…`
// (W3C Media Fragments) a part of the picture with that address, or at that place of `document.images`. The picture may come
// late, or load only when it is seen.

/** How long a page may take to show the picture. */
const PATIENCE_MS = 30_000;

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
  const region = said.get("xywh");
  if (region !== null) return { region: `xywh=${region}`, picture: said.get("cutline-img") ?? "0", text: "" };
}

/** Every address that a picture goes by on its page. */
function* addresses(picture) {
  yield picture.currentSrc;
  for (const name of ["data-cutline-source", "src", "data-src", "data-original"]) {
    const said = picture.getAttribute(name);
    if (said) yield new URL(said, document.baseURI).href;
  }
  for (const source of [picture, ...(picture.closest("picture")?.querySelectorAll("source") ?? [])]) {
    for (const candidate of (source.getAttribute("srcset") ?? "").split(/,\s+/)) {
      const [address] = candidate.trim().split(/\s+/);
      if (address) yield new URL(address, document.baseURI).href;
    }
  }
}

function find(wanted) {
  if (/^\d+$/.test(wanted)) return document.images[Number(wanted)];
  const href = new URL(wanted, document.baseURI).href;
  return [...document.images].find((picture) => [...addresses(picture)].includes(href));
}

/** The picture, as soon as the page has it. */
function appearing(wanted) {
  const there = find(wanted);
  if (there) return there;
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const picture = find(wanted);
      if (picture) done(picture);
    });
    const done = (picture) => {
      observer.disconnect();
      clearTimeout(limit);
      resolve(picture);
    };
    const limit = setTimeout(done, PATIENCE_MS);
    observer.observe(document, { subtree: true, childList: true, attributeFilter: ["src", "srcset", "data-src"] });
  });
}

const loaded = (picture) =>
  (picture.complete && picture.naturalWidth > 0) ||
  new Promise((resolve) => picture.addEventListener("load", resolve, { once: true }));

/** Shows what the page's address asks for, now and when it changes; `wake` gives the overlay. */
export function quote(host, wake) {
  const show = async () => {
    if (!/[#&](cutline|xywh)=/.test(location.hash)) return;
    const part = await asked(host);
    const picture = part && (await appearing(part.picture));
    if (!picture) return;
    picture.scrollIntoView({ block: "center" });
    await loaded(picture);
    (await wake()).quote(picture, part.region, part.text);
  };
  // A page without the picture is still the page.
  const look = () => show().catch(() => {});
  addEventListener("hashchange", look);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", look, { once: true });
  else look();
}
