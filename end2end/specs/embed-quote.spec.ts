// What was shared, shown where it was taken from: the page's address names a share or a part, and the script finds the picture.
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { expectNoViolations } from "../fixtures/axe.ts";
import { expect, test } from "../fixtures/embed.ts";
import { take } from "../fixtures/screenshots.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const PICTURE = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">';

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

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

test("what is quoted makes way for the overlay", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await page.goto(`${site.url}/#xywh=percent:10,10,20,20&cutline-img=0`);
  await expect(page.getByRole("note")).toBeVisible();
  const opened = await page.evaluate(() => (window as any).cutline.open(document.querySelector("#picture")));
  expect(opened).toBe(true);
  await expect(foreign.overlay.dialog).toBeVisible();
  await expect(page.getByRole("note")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(foreign.overlay.dialog).toHaveCount(0);
});

/** Shares a part of a picture of the site; its name. */
async function shared(cutline: { url: string }, site: { url: string }, region: string, description: string): Promise<string> {
  const answer = await fetch(`${cutline.url}/api/v1/shares`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ source: { image_url: `${site.url}/nuthatch.png` }, region, description, targets: ["board"] }),
  });
  return (await answer.json()).id;
}

test("one quotation takes the place of another", async ({ page, site, cutline }) => {
  const [first, second] = [await shared(cutline, site, "xywh=percent:10,10,20,20", "First"), await shared(cutline, site, "xywh=percent:50,50,20,20", "Second")];
  site.put("/", { body: `<p><a href="#cutline=${second}">The other</a></p>${PICTURE}` });
  await page.goto(`${site.url}/#cutline=${first}`);
  const note = page.getByRole("note");
  await expect(note).toContainText("First");
  await page.getByRole("link", { name: "The other" }).click();
  await expect(note.filter({ hasText: "Second" })).toHaveAttribute("data-region", "xywh=percent:50,50,20,20");
  await expect(note).toHaveCount(1);
  await note.getByRole("button", { name: "Close" }).click();
  await expect(note).toHaveCount(0);
});

test("a fragment that does not name a picture of ours is the page's own", async ({ page, site, foreign, cutline }) => {
  const asked: string[] = [];
  page.on("request", (request) => void (request.url().startsWith(cutline.url) && asked.push(new URL(request.url()).pathname)));
  site.put("/", { body: `<p style="height:3000px">A viewer of another kind</p>${PICTURE}` });
  await foreign.open(`${site.url}/#xywh=10,20,30,40`);
  await page.clock.runFor(1_000);
  await page.waitForLoadState("networkidle");
  expect(await page.evaluate(() => scrollY)).toBe(0);
  expect(asked).toEqual(["/embed/v1.js"]);
});

for (const [what, body] of [
  ["beside one whose address is none", `<img src="http://" alt=""><img srcset="http://[ 1x" alt="">${PICTURE}`],
  ["that has addresses with no space between them", '<img id="picture" srcset="/a,b.png 1x,/nuthatch.png 3x" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt="A nuthatch" width="450" height="600">'],
  ["in a shadow root that comes late", `<x-card></x-card><script>setTimeout(() => customElements.define("x-card", class extends HTMLElement {
    connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = '${PICTURE}'; } }), 300)</script>`],
] as const) {
  test(`a picture is found ${what}`, async ({ page, site }) => {
    if (what.startsWith("that has")) site.origin.put("/a,b.png", Buffer.from(await (await fetch(`${site.url}/nuthatch.png`)).arrayBuffer()));
    site.put("/", { body });
    await page.goto(`${site.url}/#xywh=percent:10,10,20,20&cutline-img=/nuthatch.png`);
    await expect(page.getByRole("note")).toHaveAttribute("data-region", "xywh=percent:10,10,20,20");
  });
}

const WORDS = {
  en: "Head first down the trunk, as no other bird goes: it needs no tail for that",
  zh: "头朝下沿树干而行，别的鸟都做不到：它不用尾巴",
  ar: "رأسه إلى أسفل على الجذع كما لا يمشي طائر غيره",
};

/** The note, where all of it can be seen; its words are in a live region. */
async function expectReadable(page: Page, words: string): Promise<void> {
  const note = page.getByRole("note");
  await expect(note.getByRole("status")).toHaveText(words);
  const box = await boxOf(note.locator(".quoted-region"));
  const { width, height } = page.viewportSize()!;
  expect(Math.min(box.x, box.y, width - box.x - box.width, height - box.y - box.height)).toBeGreaterThanOrEqual(0);
  const close = await boxOf(note.getByRole("button"));
  expect(Math.min(close.width, close.height)).toBeGreaterThanOrEqual(44);
}

for (const [language, words] of Object.entries(WORDS)) {
  for (const scheme of ["light", "dark"] as const) {
    for (const [device, viewport] of [["desk", { width: 1280, height: 720 }], ["phone", { width: 320, height: 640 }]] as const) {
      test.describe(`a quotation in ${language}, ${scheme}, on a ${device}`, () => {
        test.use({ viewport, colorScheme: scheme });
        test("can be read and dismissed", async ({ page, site, cutline }) => {
          const id = await shared(cutline, site, "xywh=percent:22,18,40,50", words);
          const picture = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450" height="600" style="margin-inline-start:40px;max-width:calc(100% - 40px)">';
          site.put("/", { body: `<main><h1>A page</h1>${picture}</main>`, root: `lang="${language}" dir="${language === "ar" ? "rtl" : "ltr"}"`, head: '<meta name="viewport" content="width=device-width">' });
          await page.goto(`${site.url}/#cutline=${id}`);
          await expectReadable(page, words);
          await expectNoViolations(page, "the note");
          await take(page, `quote-${device}-${scheme}-${language}`);
          await page.keyboard.press("Escape");
          await expect(page.locator("cutline-overlay")).toHaveCount(0);
        });
      });
    }
  }
}
