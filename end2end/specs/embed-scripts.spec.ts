// What a site can do with the script: open, close and hear; the element with a button; parts that are quoted back in place;
// frames and unfolding links; the npm package.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, KEY, test } from "../fixtures/embed.ts";
import { expectNoViolations } from "../fixtures/axe.ts";

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
  const heard = await page.evaluate(() => (window as unknown as WithApi).heard);
  expect(heard.map(([name]) => name)).toEqual(["ready", "open", "region", "shared", "close"]);
  expect(heard[1]).toEqual(["open", expect.objectContaining({ image_url: `${site.url}/nuthatch.png`, page_url: `${site.url}/`, index: 0 }), "picture"]);
  expect(heard[2]).toEqual(["region", "xywh=percent:10,20,30,40", "picture"]);
  expect(heard[3]![1]).toMatchObject({ url: href, deliveries: [{ target: "board", state: "posted" }] });
  expect(href).toContain(cutline.url);
});

test("a listener that is ended hears no more", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const count = await page.evaluate(async () => {
    let opened = 0;
    const { cutline } = window as unknown as WithApi;
    const end = cutline.on("open", () => opened++);
    await cutline.open(document.querySelector("#picture")!);
    await Promise.resolve();
    end();
    cutline.close();
    await cutline.open(document.querySelector("#picture")!);
    return opened;
  });
  expect(count).toBe(1);
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
});

test("nothing in the overlay on a foreign page is out of reach for anybody", async ({ page, site, foreign }) => {
  site.put("/", { body: `<main><h1>Pictures</h1>${PICTURE}</main>` });
  await foreign.open(site.url);
  await foreign.dwell(page.locator("#picture"));
  await expectNoViolations(page, "the overlay on a foreign page");
});

test("a share leads back to where it was taken from, also to a picture that loads late", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: `<p style="height:3000px">Far down is a picture.</p><img loading="lazy" id="picture" src="/nuthatch.png" alt="A nuthatch" width="450" height="601">` });
  const answer = await fetch(`${cutline.url}/api/v1/shares`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      source: { image_url: `${site.url}/nuthatch.png`, page_url: `${site.url}/`, index: 0 },
      region: "xywh=percent:22,18,40,50",
      description: "Head first, <b>as ever</b>",
      targets: ["board"],
    }),
  });
  expect(answer.status).toBe(201);
  const { url, id } = await answer.json();
  await page.goto(url);
  const link = page.getByRole("link", { name: "See it in place" });
  await expect(link).toHaveAttribute("href", `${site.url}/#cutline=${id}`);
  await link.click();
  const note = page.getByRole("note");
  await expect(note).toHaveAttribute("data-region", "xywh=percent:22,18,40,50");
  await expect(note).toContainText("Head first, <b>as ever</b>");
  const [picture, mark] = [(await page.locator("#picture").boundingBox())!, (await note.locator(".selection-overlay__selection").boundingBox())!];
  expect(mark.x).toBeCloseTo(picture.x + picture.width * 0.22, 0);
  expect(mark.y).toBeCloseTo(picture.y + picture.height * 0.18, 0);
  expect(mark.width).toBeCloseTo(picture.width * 0.4, 0);
  expect(picture.y).toBeLessThan(page.viewportSize()!.height);
  await note.getByRole("button", { name: "Close" }).click();
  await expect(page.locator("cutline-overlay")).toHaveCount(0);
  // The picture can be shared from again.
  await page.locator("#picture").hover();
  await expect(foreign.overlay.dialog).toBeVisible();
});

test("a media fragment shows any part of any picture, now and when the address changes", async ({ page, site, foreign }) => {
  site.put("/", { body: `<img src="/forest-stream.webp" alt="A stream" width="300">${PICTURE}` });
  await page.goto(`${site.url}/#xywh=percent:10,10,20,20&cutline-img=1`);
  const note = page.getByRole("note");
  await expect(note).toHaveAttribute("data-region", "xywh=percent:10,10,20,20");
  await page.keyboard.press("Escape");
  await expect(note).toHaveCount(0);
  await page.evaluate(() => (location.hash = "#xywh=percent:30,30,20,20&cutline-img=/forest-stream.webp"));
  await expect(note).toHaveAttribute("data-region", "xywh=percent:30,30,20,20");
  const [picture, layer] = [(await page.getByAltText("A stream").boundingBox())!, (await note.boundingBox())!];
  expect(layer.x).toBeCloseTo(picture.x, 0);
  await foreign.page.keyboard.press("Escape");
  await page.evaluate(() => (location.hash = "#xywh=percent:3000,30,20,20&cutline-img=1"));
  await page.evaluate(() => (location.hash = "#cutline=../../evil"));
  await expect(note).toHaveCount(0);
});

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
    `;
    await writeFile(join(folder, "site.ts"), program);
    const tsc = join(ROOT, "end2end/node_modules/.bin/tsc");
    await run(tsc, ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "", "site.ts"], { cwd: folder });
    const { buildSync } = createRequire(join(ROOT, "app/"))("esbuild");
    buildSync({ entryPoints: [join(folder, "site.ts")], bundle: true, format: "esm", outfile: join(folder, "site.js"), target: "es2022" });
    site.origin.put("/site.js", await readFile(join(folder, "site.js")));
    site.origin.put("/", (_request, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
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
