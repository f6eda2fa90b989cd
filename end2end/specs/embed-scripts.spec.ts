// What a site can do with the script: open, close and hear; the element with a button; frames and unfolding links; the npm
// package.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Page } from "@playwright/test";

import { expect, KEY, test } from "../fixtures/embed.ts";
import { COLOURS, expectNoViolationsOnTheWay } from "../fixtures/axe.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DEMO = join(ROOT, "public/demo");
const PICTURE = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">';
const run = promisify(execFile);

interface Api {
  open: (picture: Element, how?: { region?: string }) => Promise<boolean>;
  close: () => void;
  on: (name: string, listener: (detail: unknown, target: Element) => void) => () => void;
}
type WithApi = Window & { cutline: Api; heard: [string, unknown, string][] };

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

test("a site opens the overlay with a part, hears what happens, and closes it", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: `<button id="opener">Open</button>${PICTURE}<img id="broken" src="data:," alt="">` });
  await foreign.open(site.url);
  await page.evaluate(() => {
    const { cutline } = window as unknown as WithApi;
    const heard: WithApi["heard"] = ((window as unknown as WithApi).heard = []);
    for (const name of ["ready", "open", "region", "shared", "refused", "close"]) {
      cutline.on(name, (detail, target) => heard.push([name, detail, target.id ?? ""]));
    }
  });
  await page.locator("#opener").focus();
  const open = (id: string, region?: string) =>
    page.evaluate(
      ([id, region]) => (window as unknown as WithApi).cutline.open(document.querySelector(`#${id}`)!, region === undefined ? {} : { region }),
      [id, region] as const,
    );
  expect(await open("broken")).toBe(false);
  expect(await open("picture", "xywh=percent:10,20,30,40")).toBe(true);
  const { overlay } = foreign;
  await expect(overlay.dialog).toHaveAttribute("data-region", "xywh=percent:10,20,30,40");
  await expect(overlay.selection).toBeFocused();
  await overlay.share.click();
  const href = await (await overlay.receipt()).getAttribute("href");
  await page.evaluate(() => (window as unknown as WithApi).cutline.close());
  await expect(overlay.dialog).toHaveCount(0);
  await expect(page.locator("#opener")).toBeFocused();
  const heard = await page.evaluate(() => (window as unknown as WithApi).heard);
  expect(heard.map(([name]) => name)).toEqual(["ready", "open", "region", "shared", "close"]);
  expect(heard[1]).toEqual(["open", expect.objectContaining({ image_url: `${site.url}/nuthatch.png`, page_url: `${site.url}/`, index: 0 }), "picture"]);
  expect(heard[2]).toEqual(["region", "xywh=percent:10,20,30,40", "picture"]);
  expect(heard[3]![1]).toMatchObject({ url: href, deliveries: [{ target: "board", state: "posted" }] });
  expect(href).toContain(cutline.url);
  // Every script on the page hears that: who can delete the share is its maker alone.
  expect(JSON.stringify(heard)).not.toMatch(/delete_url|[?]key=/);
});

test("a picture that cannot be seen is not opened on, and that is said", async ({ page, site, foreign, complaints }) => {
  complaints.expect(/has nothing to share/);
  site.put("/", { body: `${PICTURE}<cutline-picture><img src="/forest-stream.webp" alt="" width="300" style="visibility: hidden"></cutline-picture>` });
  await foreign.open(site.url);
  const opened = await page.evaluate(async () => {
    const { cutline } = window as unknown as WithApi;
    const heard: string[] = [];
    for (const name of ["open", "close"]) cutline.on(name, () => heard.push(name));
    const picture = document.querySelector<HTMLElement>("#picture")!;
    picture.style.visibility = "hidden";
    const hidden = await cutline.open(picture);
    const loose = Object.assign(new Image(), { src: picture.getAttribute("src") });
    await loose.decode();
    return { hidden, loose: await cutline.open(loose), heard };
  });
  expect(opened).toEqual({ hidden: false, loose: false, heard: [] });
  await page.locator("cutline-picture").getByRole("button").click();
  await expect(page.locator("cutline-picture").getByRole("alert")).toHaveText("This cannot be shared now.");
});

test("a listener that is ended hears no more, while another goes on", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const heard = await page.evaluate(async () => {
    const { cutline } = window as unknown as WithApi;
    const picture = document.querySelector("#picture")!;
    const heard = { ended: 0, live: 0 };
    const end = cutline.on("open", () => heard.ended++);
    const next = () => new Promise<void>((resolve) => document.addEventListener("cutline:open", () => resolve(), { once: true }));
    cutline.on("open", () => heard.live++);
    for (const before of [() => {}, end]) {
      before();
      const opened = next();
      await cutline.open(picture);
      await opened;
      cutline.close();
    }
    return heard;
  });
  expect(heard).toEqual({ ended: 1, live: 2 });
});

/** Keeps what is heard from now on, with the name of the element that it is heard from. */
async function listenTo(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const heard: string[] = ((window as unknown as { told: string[] }).told = []);
    for (const name of ["open", "region", "close"]) {
      (window as unknown as WithApi).cutline.on(name, (detail, on) => heard.push([name, on.id, name === "region" ? detail : ""].join(" ").trim()));
    }
  });
  return () => page.evaluate(() => (window as unknown as { told: string[] }).told);
}

test("one overlay that takes the place of another has its own part, and both are told of", async ({ page, site, foreign }) => {
  const other = '<figure data-cutline-figure><img id="other" src="/forest-stream.webp" alt="A stream" width="300"><button data-cutline-open>Share</button></figure>';
  site.put("/", { body: `<button id="opener">Open</button>${other}${PICTURE}` });
  await foreign.open(site.url);
  const heard = await listenTo(page);
  await page.locator("#opener").focus();
  const open = (id: string, region: string) =>
    page.evaluate(([id, region]) => (window as unknown as WithApi).cutline.open(document.querySelector(`#${id}`)!, { region }), [id, region] as const);
  const { overlay } = foreign;
  await open("picture", "xywh=percent:10,20,30,40");
  await expect(overlay.dialog).toHaveAttribute("data-region", "xywh=percent:10,20,30,40");
  await open("other", "xywh=percent:10,20,30,40");
  await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A stream");
  await expect(overlay.dialog).toHaveAttribute("data-region", "xywh=percent:10,20,30,40");
  await open("picture", "xywh=percent:5,5,50,50");
  await expect(overlay.dialog).toHaveAttribute("data-region", "xywh=percent:5,5,50,50");
  await page.getByRole("button", { name: "Share", exact: true }).first().evaluate((opener: HTMLElement) => opener.click());
  await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A stream");
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  expect(await heard()).toEqual([
    ...["open picture", "region picture xywh=percent:10,20,30,40", "close picture"],
    ...["open other", "region other xywh=percent:10,20,30,40", "close other"],
    ...["open picture", "region picture xywh=percent:5,5,50,50", "close picture"],
    // As it was left.
    ...["open other", "region other xywh=percent:10,20,30,40", "close other"],
  ]);
});

test("the focus goes back past the overlays that took each other's place", async ({ page, site, foreign }) => {
  site.put("/", { body: `<button id="opener">Open</button><img id="other" src="/forest-stream.webp" alt="A stream" width="300">${PICTURE}` });
  await foreign.open(site.url);
  await page.locator("#opener").focus();
  for (const [id, alt] of [["picture", "A nuthatch"], ["other", "A stream"]] as const) {
    await page.evaluate((id) => (window as unknown as WithApi).cutline.open(document.querySelector(`#${id}`)!), id);
    await expect(foreign.overlay.dialog).toHaveAccessibleName(`Share a part of: ${alt}`);
    await expect(foreign.overlay.selection).toBeFocused();
  }
  await page.keyboard.press("Escape");
  await expect(page.locator("#opener")).toBeFocused();
});

test("what happens is heard of a picture in a shadow root, and of one that the page takes away", async ({ page, site, foreign }) => {
  site.put("/", { body: `<x-card></x-card><script>customElements.define("x-card", class extends HTMLElement {
    connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = '${PICTURE}'; } });</script>` });
  await foreign.open(site.url);
  const heard = await listenTo(page);
  await foreign.dwell(page.locator("#picture"));
  await expect.poll(heard).toContain("open picture");
  await page.locator("x-card").evaluate((card) => card.remove());
  await page.clock.runFor(100);
  await expect(foreign.overlay.dialog).toHaveCount(0);
  expect((await heard()).at(-1)).toBe("close");
});

test("a part that is none is refused with an example of one", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const refused = page.evaluate(() =>
    (window as unknown as WithApi).cutline.open(document.querySelector("#picture")!, { region: "the middle" }).catch((error: Error) => error.message),
  );
  expect(await refused).toBe("region the middle is no part of a picture; one is xywh=percent:25,10,30,40");
  await expect(foreign.overlay.dialog).toHaveCount(0);
});

test("what is no element is refused at once, and one in a frame of the site's is opened there", async ({ page, site, foreign }) => {
  site.origin.put("/frame.html", (_request, response) => void response.setHeader("content-type", "text/html").end(`<!doctype html><html lang="en"><title>Inside</title><body>${PICTURE}`));
  site.put("/", { body: '<iframe title="Inside" src="/frame.html" width="900" height="700"></iframe>' });
  await foreign.open(site.url);
  const refused = await page.evaluate(async () => {
    const { cutline } = window as unknown as WithApi;
    const told: string[] = [];
    for (const nothing of [document.querySelector(".gone"), undefined, "img", document, document.createTextNode("")]) {
      await cutline.open(nothing as unknown as Element).catch((error: Error) => told.push(`${error.name}: ${error.message}`));
    }
    return told;
  });
  expect(refused).toEqual(Array(5).fill("TypeError: cutline.open: no element"));
  const inside = page.frameLocator("iframe");
  await inside.locator("#picture").evaluate((picture: HTMLImageElement) => picture.decode());
  const opened = await page.evaluate(() => {
    const { cutline } = window as unknown as WithApi;
    const frame = document.querySelector("iframe")!;
    return cutline.open(frame.contentDocument!.querySelector("img")!, { region: "xywh=percent:10,20,30,40" });
  });
  expect(opened).toBe(true);
  await expect(inside.getByRole("dialog")).toHaveAttribute("data-region", "xywh=percent:10,20,30,40");
  // Of a page that is nowhere.
  expect(await page.evaluate(() => (window as unknown as WithApi).cutline.open(document.implementation.createHTMLDocument().body))).toBe(false);
});

test("<cutline-picture> has a button for fingers and keys, also when it comes later", async ({ page, site, foreign }) => {
  site.put("/", { body: "<main></main>" });
  await foreign.open(site.url);
  await page.evaluate(async (picture) => {
    document.querySelector("main")!.innerHTML = `<cutline-picture region="xywh=percent:5,5,50,50">${picture}</cutline-picture>`;
    await document.querySelector("img")!.decode();
  }, PICTURE);
  const button = page.getByRole("button", { name: "Share a part" });
  expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(foreign.overlay.dialog).toHaveAttribute("data-region", "xywh=percent:5,5,50,50");
  await expect(foreign.overlay.selection).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button).toBeFocused();
  await page.evaluate(() => document.querySelector("cutline-picture")!.setAttribute("label", "Take a piece"));
  await expect(page.getByRole("button", { name: "Take a piece" })).toBeFocused();
});

test("the focus on the button of <cutline-picture> loads the overlay; pressed before it is there, it says that it is busy", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: `<cutline-picture>${PICTURE}</cutline-picture>` });
  await foreign.open(site.url);
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(`${cutline.url}/embed/overlay-*.wasm`, async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest("**/embed/overlay-*.wasm");
  const button = page.getByRole("button", { name: "Share a part" });
  await button.focus();
  await asked;
  await expect(button).not.toHaveAttribute("aria-busy");
  await page.keyboard.press("Enter");
  await expect(button).toHaveAttribute("aria-busy", "true");
  await expect(button).toHaveCSS("opacity", "0.7");
  letGo();
  await expect(foreign.overlay.dialog).toBeVisible();
  await expect(button).not.toHaveAttribute("aria-busy");
});

test("<cutline-picture> says to its visitor, and to the console, what does not work", async ({ page, site, foreign, complaints }) => {
  complaints.expect(/cutline: <cutline-picture> has nothing to share/);
  complaints.expect(/cutline: region nowhere is no part of a picture/);
  const picture = (more: string, inside: string) => `<cutline-picture ${more}>${inside}</cutline-picture>`;
  site.put("/", { body: picture("", "<p>No picture</p>") + picture('label="Kept out"', '<img src="/nuthatch.png" alt="" nopin width="200">') + picture('label="Nowhere" region="nowhere"', PICTURE), root: 'lang="ar"' });
  await foreign.open(site.url);
  for (const [index, label] of ["مشاركة جزء", "Kept out", "Nowhere"].entries()) {
    const alert = page.locator("cutline-picture").nth(index).getByRole("alert");
    await expect(alert).toHaveCount(0);
    await page.getByRole("button", { name: label }).click();
    await expect(alert).toHaveText("لا تمكن مشاركة هذا الآن.");
  }
  await expect(page.locator("cutline-overlay")).toHaveCount(0);
});

for (const [colours, media] of Object.entries(COLOURS)) {
  test(`nothing in the overlay on a foreign page is out of reach for anybody, in ${colours} colours`, async ({ page, site, foreign }) => {
    await page.emulateMedia(media);
    site.put("/", { head: '<meta name="color-scheme" content="light dark">', body: `<main><h1>Pictures</h1>${PICTURE}</main>` });
    await foreign.open(site.url);
    await expectNoViolationsOnTheWay(page, await foreign.dwell(page.locator("#picture")), colours);
  });
}

test("a link to a share unfolds, and its frame may stand on any page", async ({ page, site, cutline, context }) => {
  const answer = await fetch(`${cutline.url}/api/v1/shares`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      source: { image_url: `${cutline.url}/pictures/demo/nuthatch.png` },
      region: "xywh=percent:22,18,40,74",
      description: 'Quoted "as is" <i>',
      targets: ["board"],
    }),
  });
  const { url, id } = await answer.json();
  const discovered = await context.request.get(url);
  const href = /<link[^>]*application\/json\+oembed[^>]*>/.exec(await discovered.text())![0];
  const address = /href="([^"]*)"/.exec(href)![1]!.replaceAll("&amp;", "&");
  const told = await (await fetch(`${address}&maxwidth=400`)).json();
  expect(told).toMatchObject({ version: "1.0", type: "rich", title: 'Quoted "as is" <i>', provider_name: "Cutline", width: 360 });
  site.origin.put("/frame", (_request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><title>Around</title>${told.html}`);
  });
  await page.goto(`${site.url}/frame`);
  const frame = page.frameLocator("iframe");
  await expect(frame.getByText('Quoted "as is" <i>')).toBeVisible();
  await expect(frame.getByRole("img")).toHaveJSProperty("complete", true);
  await expect(frame.getByRole("link", { name: "Cutline" })).toHaveAttribute("href", url);
  // The share page itself may not be framed.
  const page_ = await fetch(url);
  expect(page_.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect((await fetch(`${cutline.url}/embed/s/${id}`)).headers.get("content-security-policy")).toContain("frame-ancestors *");
});

test("the npm package, packed and installed, is what its types say", async ({ page, site, cutline, foreign }) => {
  const folder = await mkdtemp(join(tmpdir(), "cutline-npm-"));
  try {
    const npm = (...args: string[]) => run("npm", args, { cwd: folder });
    await npm("pack", join(ROOT, "app/embed/npm"), "--silent");
    await writeFile(join(folder, "package.json"), '{"name":"a-site","private":true,"type":"module"}');
    await npm("install", "--offline", "--no-audit", "--no-fund", "./cutline-embed-0.1.0.tgz");
    const program = `
      import { load, type Cutline } from "cutline-embed";
      const cutline: Cutline = await load({ host: ${JSON.stringify(cutline.url)}, key: ${JSON.stringify(KEY)}, dwell: 300, lang: "zh", targets: ["board"] });
      cutline.on("shared", ({ url }) => void (document.title = url));
      document.addEventListener("cutline:region", ({ detail }) => void detail.toUpperCase());
      document.querySelector("img")!.addEventListener("cutline:shared", ({ detail: { deliveries: [first] } }) => void [first?.step === "uploaded", first?.due_at?.length, first?.connect_again === true]);
      document.addEventListener("cutline:open", ({ detail }) => void [detail.src?.length, detail.alt?.length]);
      document.createElement("cutline-picture").hidden = true;
    `;
    await writeFile(join(folder, "site.ts"), program);
    const tsc = join(ROOT, "end2end/node_modules/.bin/tsc");
    await run(tsc, ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "", "site.ts"], { cwd: folder });
    // On a server there is no page: the promise says so.
    const rejected = 'import { load } from "cutline-embed"; const promise = load({ host: "https://a.example" }); await promise.catch(({ name }) => console.log(name));';
    expect((await run("node", ["--input-type=module", "-e", rejected], { cwd: folder })).stdout).toBe("ReferenceError\n");
    const { buildSync } = createRequire(join(ROOT, "app/"))("esbuild");
    buildSync({ entryPoints: [join(folder, "site.ts")], bundle: true, format: "esm", outfile: join(folder, "site.js"), target: "es2022" });
    site.origin.put("/site.js", await readFile(join(folder, "site.js")));
    site.origin.put("/", (_request, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.setHeader("content-security-policy", "require-trusted-types-for 'script'");
      response.end(`<!doctype html><html lang="en"><title>A site</title>${PICTURE}<script type="module" src="/site.js"></script>`);
    });
    await foreign.open(site.url);
    await foreign.rest(page.locator("#picture"), 300);
    await expect(page.getByRole("dialog")).toHaveAttribute("lang", "zh-Hans");
    await page.getByRole("dialog").getByRole("button", { name: "分享", exact: true }).click();
    await expect(page).toHaveTitle(new RegExp(`^${cutline.url}/s/`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
