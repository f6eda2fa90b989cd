// One script tag on a site of somebody else's: nothing is asked for before a visitor shows intent, then the whole way from the
// rest of a pointer to the share, in a shadow root that neither takes nor gives the page anything.
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import type { Page } from "@playwright/test";

import { expect, KEY, startCutline, test } from "../fixtures/embed.ts";
import { ForeignPage, ForeignSite } from "../fixtures/embed.ts";
import { expectLooks } from "../fixtures/screenshots.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const PICTURE = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">';

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

/** What a page has asked of Cutline so far. */
function watch(page: Page, host: string): () => string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin === host) asked.push(url.pathname);
  });
  return () => asked;
}

test("a page that is only read asks for the script and nothing else", async ({ page, site, foreign, cutline }) => {
  const asked = watch(page, cutline.url);
  site.put("/", { body: `<p style="height: 300px">Words, <a href="#followed">a link</a></p>${PICTURE}<p style="height: 2000px"></p><img src="/nuthatch.png" width="60">` });
  await foreign.open(site.url);
  await page.mouse.move(5, 100);
  await page.mouse.wheel(0, 1_500);
  await page.keyboard.press("Tab");
  await page.clock.runFor(60_000);
  await page.waitForLoadState("networkidle");
  expect(asked()).toEqual(["/embed/v1.js"]);
  const kept = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
  expect(kept).toEqual([0, 0, ""]);
});

test("dwell, select, describe, share to the board", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.dragHandle("north-west", -40, -25);
  const region = await overlay.region();
  await overlay.description.fill("Seen elsewhere");
  await overlay.share.click();
  const href = (await (await overlay.receipt()).getAttribute("href"))!;
  expect(href).toMatch(new RegExp(`^${cutline.url}/s/`));
  await expect(overlay.delivery("Board")).toContainText("posted");
  const share = await (await fetch(`${href}.json`)).json();
  expect(share.target.source.id).toBe(`${site.url}/nuthatch.png`);
  const percent = [region.x, region.y, region.width, region.height].map((part) => part * 100);
  const kept = share.target.selector.value.replace("xywh=percent:", "").split(",").map(Number);
  kept.forEach((value: number, index: number) => expect(value).toBeCloseTo(percent[index]!, 3));
  await overlay.close.click();
  await expect(page.locator("cutline-overlay")).toHaveCount(0);
});

test("a pointer that rests before the overlay is there and does not move again opens it", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const box = (await page.locator("#picture").boundingBox())!;
  await page.mouse.move(box.x + 50, box.y + 50);
  await foreign.awake();
  await page.clock.runFor(600);
  await expect(foreign.overlay.dialog).toBeVisible();
});

test("the page looks and behaves as without it, before, and after the overlay was there", async ({ page, site, foreign }) => {
  const body = `<style>*{all:revert;font-family:fantasy!important;color:red!important;box-sizing:content-box!important}
    div,button,textarea,p,label,span{margin:20px!important;padding:9px!important;border:5px dashed lime!important;transform:rotate(1deg)}
    html{font-size:5px} body>*:last-child{outline:3px solid blue} html>*{display:block!important;width:900px!important;position:static!important;opacity:.4}</style>
    <p>Words</p>${PICTURE}<p>More words</p>`;
  site.put("/", { body });
  site.origin.put("/plain", (_request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A site of somebody's</title></head><body>${body}</body></html>`);
  });
  await page.goto(`${site.url}/plain`);
  const isDrawn = () => page.locator("#picture").evaluate((picture: HTMLImageElement) => picture.decode());
  await isDrawn();
  const without = await page.screenshot();
  await foreign.open(site.url);
  await isDrawn();
  await expectLooks(page, without);
  const before = await page.evaluate(() => document.documentElement.outerHTML);
  const overlay = await foreign.dwell(page.locator("#picture"));
  // However the page is styled, the overlay is not.
  const look = await overlay.description.evaluate((field) => {
    const { color, fontFamily, marginTop, fontSize } = getComputedStyle(field);
    return { color, fontFamily, marginTop, fontSize };
  });
  expect(look).toEqual({ color: "rgb(28, 31, 36)", fontFamily: expect.stringContaining("system-ui"), marginTop: "0px", fontSize: "16px" });
  expect(await overlay.dialog.evaluate((dialog) => dialog.matches(":popover-open"))).toBe(true);
  await overlay.close.click();
  await expect(overlay.dialog).toHaveCount(0);
  await page.mouse.move(2, 2);
  expect(await page.evaluate(() => document.documentElement.outerHTML)).toBe(before);
  await expectLooks(page, without);
});

test("a page styles the overlay's parts and colours, and nothing else of it", async ({ page, site, foreign }) => {
  const PARTS = ["panel", "close", "share", "target", "tools", "selection", "handle", "size"];
  const rules = PARTS.map((part, index) => `cutline-overlay::part(${part}) { letter-spacing: ${index + 1}px; }`);
  site.put("/", {
    head: `<style>${rules.join("")} cutline-overlay::part(outcome) { letter-spacing: 9px; } cutline-overlay::part(panel) { border-radius: 0; background: rgb(1, 2, 3); }
      cutline-overlay { --cutline-accent: rgb(200, 100, 50); } .share-panel__form { display: none; }</style>`,
    body: PICTURE,
  });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  const style = (part: string) =>
    overlay.dialog.locator(`[part="${part}"]`).first().evaluate((element) => {
      const { letterSpacing, backgroundColor, borderTopLeftRadius } = getComputedStyle(element);
      return { letterSpacing, backgroundColor, borderTopLeftRadius };
    });
  for (const [index, part] of PARTS.entries()) expect((await style(part)).letterSpacing, part).toBe(`${index + 1}px`);
  expect(await style("panel")).toEqual({ letterSpacing: "1px", backgroundColor: "rgb(1, 2, 3)", borderTopLeftRadius: "0px" });
  expect((await style("share")).backgroundColor).toBe("rgb(200, 100, 50)");
  // A class name is not a part: the page's rules end at the root.
  await expect(overlay.description).toBeVisible();
  await overlay.share.click();
  await overlay.receipt();
  expect((await style("outcome")).letterSpacing).toBe("9px");
});

test("a page makes the overlay twice as large, whatever its own rem is", async ({ page, site, foreign }) => {
  site.put("/", { head: "<style>html { font-size: 5px } cutline-overlay { --cutline-rem: 32px }</style>", body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  const panel = overlay.dialog.locator(".share-panel");
  await expect(overlay.description).toHaveCSS("font-size", "32px");
  expect((await overlay.share.boundingBox())!.height).toBeCloseTo(88, 1);
  expect((await panel.boundingBox())!.width).toBeCloseTo(672, 1);
  expect(await panel.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
  await expect(overlay.share).toBeInViewport({ ratio: 1 });
  await overlay.share.click();
  await overlay.receipt();
  // As large as it is, or as there is room for.
  const clipping = overlay.dialog.locator(".share-outcome__clipping");
  expect((await clipping.boundingBox())!.height).toBeGreaterThan(200);
});

test("there is one global name", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  site.origin.put("/plain.html", "<!doctype html>");
  await page.goto(`${site.url}/plain.html`);
  const before = await page.evaluate(() => Object.getOwnPropertyNames(window));
  await foreign.open(site.url);
  await foreign.dwell(page.locator("#picture"));
  const after = await page.evaluate(() => Object.getOwnPropertyNames(window));
  // Names that begin so are Playwright's, and this fixture's own.
  const ours = after.filter((name) => !before.includes(name) && !/^__|^isAwake$/.test(name));
  expect(ours).toEqual(["cutline"]);
});

test("the server's threshold for a site decides, also where it is less than what wakes the script by itself", async ({ page, origin }) => {
  const url = origin.url.replace("127.0.0.1", "localhost");
  const config = `[[sites]]\norigin = "${url}"\nkey = "${KEY}"\nthreshold = 50\n`;
  const cutline = await startCutline({ config, env: { CUTLINE_FETCH__ALLOW: `${origin.host},localhost:${new URL(url).port}` } });
  try {
    const site = new ForeignSite(origin, cutline);
    const foreign = new ForeignPage(page);
    const picture = (id: string, side: number) => `<img id="${id}" src="/nuthatch.png" alt="${id}" width="${side}" height="${side}" style="display: block; margin: 20px">`;
    site.put("/", { body: picture("icon", 45) + picture("small", 80) });
    site.put("/said", { body: picture("small", 55), attributes: 'data-threshold="50"' });
    const asked = watch(page, cutline.url);
    await foreign.open(url);
    const icon = (await page.locator("#icon").boundingBox())!;
    await page.mouse.move(icon.x + 20, icon.y + 20, { steps: 3 });
    await page.clock.runFor(3_000);
    await page.waitForLoadState("networkidle");
    expect(asked()).toEqual(["/embed/v1.js"]);
    await foreign.dwell(page.locator("#small"));
    await page.keyboard.press("Escape");
    await foreign.rest(page.locator("#icon"), 3_000);
    await expect(foreign.overlay.dialog).toHaveCount(0);
    await page.goto(`${url}/said`);
    await page.waitForFunction(() => "cutline" in window);
    await foreign.dwell(page.locator("#small"));
  } finally {
    await cutline.stop();
  }
});

test("the script's options choose targets, dwell, threshold, language, theme and pictures", async ({ page, site, foreign }) => {
  site.put("/", {
    body: `${PICTURE}<div class="no"><img id="off" src="/nuthatch.png" width="300"></div><img id="small" src="/nuthatch.png" width="240">`,
    attributes: 'data-dwell="1500" data-threshold="250" data-lang="ar" data-theme="dark" data-selector="img" data-off=".no"',
  });
  await foreign.open(site.url);
  for (const id of ["off", "small"]) {
    const box = (await page.locator(`#${id}`).boundingBox())!;
    await page.mouse.move(box.x + 30, box.y + 30);
    await page.clock.runFor(10_000);
    expect(await page.evaluate(() => "isAwake" in window), id).toBe(false);
  }
  await foreign.rest(page.locator("#picture"), 1_400);
  await expect(foreign.overlay.dialog).toHaveCount(0);
  await page.clock.runFor(100);
  const dialog = page.getByRole("dialog");
  await expect(dialog).toHaveAttribute("dir", "rtl");
  await expect(dialog.getByRole("button", { name: "مشاركة", exact: true })).toBeVisible();
  const background = await dialog.locator(".share-panel").evaluate((panel) => getComputedStyle(panel).backgroundColor);
  expect(background).toBe("rgb(31, 34, 40)");
  for (const id of ["off", "small"]) {
    await page.keyboard.press("Escape");
    await foreign.rest(page.locator(`#${id}`), 5_000);
    await expect(dialog).toHaveCount(0);
  }
});

test("what the script does not know it says, and goes on", async ({ page, site, foreign, complaints }) => {
  complaints.expect(/cutline: data-dwel is none of data-key, data-targets, data-dwell/);
  complaints.expect(/cutline: data-theme="pink" is not understood/);
  complaints.expect(/cutline: data-selector="\[\[" is not understood/);
  site.put("/", { body: PICTURE, attributes: 'data-dwel="3" data-theme="pink" data-selector="[["' });
  await foreign.open(site.url);
  await foreign.dwell(page.locator("#picture"));
});

test("a language, a target and a part that there are not are said, and gone without", async ({ page, site, foreign, complaints }) => {
  complaints.expect(/cutline: data-lang="xx" is not understood/);
  complaints.expect(/cutline: data-targets: bord is none of board/);
  site.put("/", { body: PICTURE, attributes: 'data-lang="xx" data-targets="bord"', root: 'lang="ar"' });
  await foreign.open(site.url);
  await foreign.rest(page.locator("#picture"));
  const dialog = page.getByRole("dialog");
  await expect(dialog).toHaveAttribute("lang", "ar");
  await dialog.getByRole("button", { name: "مشاركة", exact: true }).click();
  await expect(dialog.getByRole("link", { name: "فتح صفحة المشاركة" })).toBeVisible();
});

for (const [what, body, attributes] of [
  ["nopin on the picture", '<img id="picture" src="/nuthatch.png" width="450" nopin>', ""],
  ["data-cutline around it", `<p data-cutline="OFF">${PICTURE}</p>`, ""],
  ["data-cutline around its shadow root", `<x-card data-cutline="off"></x-card><script>customElements.define("x-card", class extends HTMLElement {
    connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = '${PICTURE}'; } });</script>`, ""],
  ["the page's cutline", `<meta name="Cutline" content="off">${PICTURE}`, ""],
  ["the page's pinterest", `<meta name="pinterest" content="nopin" description="No">${PICTURE}`, ""],
  ["the script's selector", PICTURE, 'data-selector=".shared"'],
  ["the script's off", PICTURE, 'data-off="body"'],
] as const) {
  test(`a picture that ${what} keeps out asks for nothing, and is opened by nobody`, async ({ page, site, foreign, cutline }) => {
    const asked = watch(page, cutline.url);
    site.put("/", { body: `<figure data-cutline-figure>${body}<a href="#followed" data-cutline-open>Share</a></figure>`, attributes });
    await foreign.open(site.url);
    const picture = page.locator("#picture");
    await expect(picture).toHaveJSProperty("naturalWidth", 900);
    await picture.hover();
    if (!what.includes("shadow")) {
      await page.getByRole("link", { name: "Share" }).click();
      await expect(page).toHaveURL(/#followed$/);
    }
    await page.clock.runFor(5_000);
    await page.waitForLoadState("networkidle");
    expect(asked()).toEqual(["/embed/v1.js"]);
    const open = () => picture.evaluate((picture) => (window as unknown as { cutline: { open: (picture: Element) => Promise<boolean> } }).cutline.open(picture));
    expect(await open()).toBe(false);
    // Now the overlay itself listens.
    if (!what.includes("shadow")) {
      await page.evaluate(() => (location.hash = ""));
      await page.getByRole("link", { name: "Share" }).click();
      await expect(page).toHaveURL(/#followed$/);
    }
    await expect(foreign.overlay.dialog).toHaveCount(0);
  });
}

test("an element that is named as the script is in nobody's way", async ({ page, site, foreign }) => {
  site.put("/", { body: `<div id="cutline"></div>${PICTURE}` });
  await foreign.open(site.url);
  await foreign.dwell(page.locator("#picture"));
});

test("a site that the server does not know is told so, and its page goes on", async ({ page, foreign, origin, cutline, complaints }) => {
  complaints.expect(/Failed to load resource|blocked by CORS policy/);
  complaints.expect(/no answer: .*api.v1.embed/);
  complaints.expect(/^console warning: cutline: /);
  // The same server by another name is another origin.
  const stranger = new ForeignSite(origin, cutline);
  stranger.put("/", { body: PICTURE });
  await foreign.open(origin.url);
  const box = (await page.locator("#picture").boundingBox())!;
  await page.mouse.move(box.x + 50, box.y + 50);
  await expect.poll(() => complaints.seen().some((words) => words.includes("cutline: "))).toBe(true);
  await expect(foreign.overlay.dialog).toHaveCount(0);
});

test("a server that is gone disturbs nobody", async ({ page, origin, complaints }) => {
  complaints.expect(/ERR_CONNECTION_REFUSED|Failed to fetch|cannot be had/);
  const site = origin.url.replace("127.0.0.1", "localhost");
  const gone = await startCutline({ config: `[[sites]]\norigin = "${site}"\nkey = "${KEY}"\n` });
  const foreign = new ForeignPage(page);
  const there = new ForeignSite(origin, gone);
  there.put("/", { body: `<script>let clicks = 0</script><button onclick="clicks++">Press</button>${PICTURE}` });
  await foreign.open(site);
  await gone.stop();
  const box = (await page.locator("#picture").boundingBox())!;
  await page.mouse.move(box.x + 50, box.y + 50);
  await expect.poll(() => complaints.seen().length).toBeGreaterThan(0);
  await page.clock.runFor(5_000);
  await page.getByRole("button", { name: "Press" }).click();
  expect(await page.evaluate("clicks")).toBe(1);
  await page.reload();
  await expect(page.locator("#picture")).toBeVisible();
  await page.getByRole("button", { name: "Press" }).click();
  expect(await page.evaluate("clicks")).toBe(1);
});

test("a server that is gone is asked once in half a minute, however the pointer moves", async ({ page, origin, complaints }) => {
  complaints.expect(/ERR_CONNECTION_REFUSED/);
  complaints.expect(/^console warning: cutline: /);
  const site = origin.url.replace("127.0.0.1", "localhost");
  const gone = await startCutline({ config: `[[sites]]\norigin = "${site}"\nkey = "${KEY}"\n` });
  const foreign = new ForeignPage(page);
  new ForeignSite(origin, gone).put("/", { body: `<figure data-cutline-figure>${PICTURE}<a href="#followed" data-cutline-open>Share</a></figure>` });
  await foreign.open(site);
  await gone.stop();
  const asked = watch(page, gone.url);
  const tries = () => asked().filter((path) => path === "/api/v1/embed").length;
  const wiggle = async () => {
    const said = complaints.seen().length;
    const box = (await page.locator("#picture").boundingBox())!;
    await page.mouse.move(box.x + 50, box.y + 50);
    await expect.poll(() => complaints.seen().length).toBeGreaterThan(said);
    for (let step = 0; step < 30; step++) {
      await page.mouse.move(box.x + 50 + step, box.y + 50);
      await page.clock.runFor(500);
    }
    await page.mouse.move(2, 700);
  };
  await wiggle();
  expect(tries()).toBe(1);
  await page.clock.runFor(20_000);
  await wiggle();
  expect(tries()).toBe(2);
  // Who presses an opener wants an answer now.
  await page.getByRole("link", { name: "Share" }).click();
  await expect(page).toHaveURL(/#followed$/);
  expect(tries()).toBeGreaterThan(2);
});

test("an overlay that could not be had, or did not come in time, is there at the next sign", async ({ page, site, foreign, complaints }) => {
  complaints.expect(/ERR_FAILED|Failed to fetch/);
  complaints.expect(/^console warning: cutline: .*(cannot be had|nothing came)/);
  await page.route("**/embed/overlay-*.js", (route) => route.abort(), { times: 1 });
  site.put("/", { body: `<figure data-cutline-figure>${PICTURE}<button data-cutline-open>Share</button></figure>` });
  await foreign.open(site.url);
  const opener = page.getByRole("button", { name: "Share" });
  await opener.focus();
  await expect.poll(() => complaints.seen().some((words) => words.includes("cannot be had"))).toBe(true);
  // Now the module hangs.
  await page.route("**/embed/overlay-*.wasm", () => {}, { times: 1 });
  const asked = page.waitForRequest("**/embed/overlay-*.wasm");
  await opener.click();
  await asked;
  await expect(opener).toHaveAttribute("aria-busy", "true");
  await page.clock.runFor(9_900);
  await expect(page.getByRole("alert")).toHaveCount(0);
  await page.clock.runFor(100);
  await expect(page.getByRole("alert")).toHaveText("This cannot be shared now.");
  await expect(opener).not.toHaveAttribute("aria-busy");
  await page.clock.runFor(20_000);
  await expect.poll(() => complaints.seen().some((words) => words.includes("nothing came in 30 s"))).toBe(true);
  await expect(foreign.overlay.dialog).toHaveCount(0);
  await opener.click();
  await expect(foreign.overlay.dialog).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await page.evaluate(() => (window as any).cutline.close());
  await expect(foreign.overlay.dialog).toHaveCount(0);
});

test("an opener whose overlay does not come says that it is busy, and is the link that it is without script", async ({ page, site, foreign }) => {
  await page.route("**/embed/overlay-*.wasm", () => {});
  site.put("/", { body: `<figure data-cutline-figure>${PICTURE}<a href="#followed" data-cutline-open>Share</a></figure>` });
  await foreign.open(site.url);
  const asked = page.waitForRequest("**/embed/overlay-*.wasm");
  const opener = page.getByRole("link", { name: "Share" });
  await opener.click();
  await asked;
  await page.clock.runFor(9_900);
  await expect(opener).toHaveAttribute("aria-busy", "true");
  await expect(page).not.toHaveURL(/#followed$/);
  await page.clock.runFor(100);
  await expect(page).toHaveURL(/#followed$/);
  await expect(opener).not.toHaveAttribute("aria-busy");
});

test("a browser that knows no preloads of modules has the overlay too, and none that was changed", async ({ page, site, foreign, complaints }) => {
  await page.addInitScript(() => {
    const { supports } = DOMTokenList.prototype;
    DOMTokenList.prototype.supports = function (token) {
      return token !== "modulepreload" && supports.call(this, token);
    };
    const { append } = HTMLHeadElement.prototype;
    HTMLHeadElement.prototype.append = function (...nodes) {
      append.apply(this, nodes.filter((node) => !(node instanceof HTMLLinkElement)));
    };
  });
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  await foreign.dwell(page.locator("#picture"));
  complaints.expect(/Failed to find a valid digest/);
  complaints.expect(/^console warning: cutline: .*overlay-.*\.js cannot be had/);
  await page.route("**/embed/overlay-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "access-control-allow-origin": "*" }, body: `${await response.text()}\n` });
  });
  await page.clock.resume();
  await page.reload();
  await page.mouse.move(2, 700);
  await page.locator("#picture").hover();
  await expect.poll(() => complaints.seen().some((words) => words.includes("cannot be had"))).toBe(true);
  await expect(foreign.overlay.dialog).toHaveCount(0);
});

test("a server that ends under an open overlay leaves what was written, and the page as it is", async ({ page, origin, complaints }) => {
  complaints.expect(/ERR_CONNECTION_REFUSED|Failed to fetch/);
  const site = origin.url.replace("127.0.0.1", "localhost");
  const ending = await startCutline({ config: `[[sites]]\norigin = "${site}"\nkey = "${KEY}"\n` });
  const foreign = new ForeignPage(page);
  new ForeignSite(origin, ending).put("/", { body: `<script>let clicks = 0</script><button onclick="clicks++">Press</button>${PICTURE}` });
  await foreign.open(site);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill("Not lost");
  await ending.stop();
  await overlay.share.click();
  await expect(overlay.problem).not.toBeEmpty();
  await expect(overlay.description).toHaveValue("Not lost");
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await page.getByRole("button", { name: "Press" }).click();
  expect(await page.evaluate("clicks")).toBe(1);
});

test.describe("the files", () => {
  test("the script is at most 5 KB, and has a twin for ever whose hash is published", async ({ cutline }) => {
    const get = async (name: string) => fetch(`${cutline.url}/embed/${name}`, { headers: { origin: "https://any.example" } });
    const script = await get("v1.js");
    const bytes = Buffer.from(await script.arrayBuffer());
    expect(gzipSync(bytes, { level: 9 }).length).toBeLessThan(5_000);
    expect(script.headers.get("access-control-allow-origin")).toBe("*");
    expect(script.headers.get("cache-control")).toBe("no-cache");
    const { script: twin, integrity, files } = await (await get("v1.json")).json();
    const kept = await get(twin);
    expect(kept.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(kept.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    const hash = (content: Buffer) => `sha384-${createHash("sha384").update(content).digest("base64")}`;
    expect(hash(Buffer.from(await kept.arrayBuffer()))).toBe(integrity);
    for (const file of Object.values(files) as { name: string; integrity: string }[]) {
      expect(hash(Buffer.from(await (await get(file.name)).arrayBuffer())), file.name).toBe(file.integrity);
      expect(bytes.includes(file.integrity), file.name).toBe(true);
    }
    expect((await get("v2.js")).status).toBe(404);
    expect((await get("v1-0000000000000000.js")).status).toBe(404);
  });

  test("a page that pins the script runs it, and none that was changed", async ({ page, site, foreign, cutline, complaints }) => {
    const { script, integrity } = await (await fetch(`${cutline.url}/embed/v1.json`)).json();
    const tag = (hash: string) => `<script async src="${cutline.url}/embed/${script}" integrity="${hash}" crossorigin data-key="${KEY}"></script>`;
    const put = (hash: string) =>
      site.origin.put("/pinned", (_request, response) => {
        response.setHeader("content-type", "text/html");
        response.end(`<!doctype html><html lang="en"><title>Pinned</title>${tag(hash)}<body>${PICTURE}`);
      });
    put(integrity);
    await foreign.open(`${site.url}/pinned`);
    await foreign.dwell(page.locator("#picture"));
    complaints.expect(/Failed to find a valid digest/);
    put(integrity.replace(/.$/, "A").replace("sha384-", "sha384-A").slice(0, integrity.length));
    await page.goto(`${site.url}/pinned`);
    await expect(page.locator("#picture")).toBeVisible();
    expect(await page.evaluate(() => "cutline" in window)).toBe(false);
  });

  for (const ending of ["js", "wasm", "css"]) {
    test(`a changed overlay-….${ending} is not run`, async ({ page, site, foreign, complaints }) => {
      complaints.expect(/Failed to find a valid digest|integrity checks failed/);
      complaints.expect(/^console warning: cutline: /);
      await page.route(`**/embed/overlay-*.${ending}`, async (route) => {
        const response = await route.fetch();
        const headers = { ...response.headers(), "access-control-allow-origin": "*" };
        await route.fulfill({ response, headers, body: Buffer.concat([await response.body(), Buffer.from("\n")]) });
      });
      site.put("/", { body: PICTURE });
      await foreign.open(site.url);
      const box = (await page.locator("#picture").boundingBox())!;
      await page.mouse.move(box.x + 50, box.y + 50);
      await expect.poll(() => complaints.seen().some((words) => words.includes("cutline: "))).toBe(true);
      await page.clock.runFor(5_000);
      await expect(foreign.overlay.dialog).toHaveCount(0);
    });
  }
});

test("the form in a window of its own takes over what was written, tells the page what was shared, and lets go of it", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill("To be taken along");
  const opened = page.context().waitForEvent("page");
  await overlay.dialog.getByRole("link", { name: "Share elsewhere…" }).click();
  const popup = await opened;
  await popup.waitForLoadState();
  expect(new URL(popup.url()).origin).toBe(cutline.url);
  await expect(popup.getByLabel("Description")).toHaveValue("To be taken along");
  const holds = () => popup.evaluate(() => window.opener !== null);
  expect(await holds()).toBe(true);
  await popup.getByRole("checkbox", { name: "Board" }).check();
  await popup.getByRole("button", { name: "Share", exact: true }).click();
  await expect(popup.getByText("To be taken along").first()).toBeVisible();
  await expect(overlay.delivery("Board")).toContainText("posted");
  expect(await holds()).toBe(false);
  await popup.close();
});
