// A finger beside box and handles is the page's: it scrolls what lies there, also what the page scrolls by itself, and leads nowhere.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";
import { fingerOn, swipe } from "../pages/fingers.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">';
const PICTURE = '<cutline-picture><a href="#followed"><img id="picture" src="/nuthatch.png" alt="A nuthatch" width="360" height="480"></a></cutline-picture>';

test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

/** The page in a scroller of its own, as applications have it; the body does not scroll. */
const inScroller = (body: string) =>
  `<style>html, body { margin: 0; height: 100%; overflow: hidden }</style><main style="height: 100%; overflow: auto"><div style="height: 20px"></div>${body}<div style="height: 3000px"></div></main>`;

test("it scrolls an inner scroller, as a resize by a finger does not, and a tap does not follow the picture's link", async ({ page, site, foreign }) => {
  site.put("/", { head: VIEWPORT, body: inScroller(PICTURE) });
  await foreign.open(site.url);
  await page.locator("#picture").evaluate((picture: HTMLImageElement) => picture.decode());
  await page.getByRole("button", { name: "Share a part" }).tap();
  const { overlay } = foreign;
  await expect(overlay.dialog).toBeVisible();
  const scrolled = () => page.evaluate(() => document.querySelector("main")!.scrollTop);
  const finger = await fingerOn(page);

  const before = await overlay.region();
  const start = await scrolled();
  const handle = await boxOf(overlay.handle("east"));
  await swipe(finger, handle.x + handle.width / 2, handle.y + handle.height / 2, 30, 0);
  await expect.poll(async () => (await overlay.region()).width).toBeGreaterThan(before.width + 0.05);
  expect(await scrolled()).toBe(start);

  const box = await overlay.box();
  await page.touchscreen.tap(box.x + box.width / 4, box.y - 40);
  expect(page.url()).toBe(`${site.url}/`);
  await expect(overlay.dialog).toBeVisible();

  const region = await overlay.region();
  await swipe(finger, box.x + box.width / 4, box.y - 40, 0, -60);
  await expect.poll(scrolled).toBeGreaterThan(start + 20);
  await page.clock.runFor(100);
  const stage = overlay.dialog.locator(".selection-overlay__stage");
  await expect.poll(async () => (await boxOf(stage)).y - (await boxOf(page.locator("#picture"))).y).toBeCloseTo(0, 0);
  expect(await overlay.region()).toEqual(region);
});

test("it turns over a carousel that scrolls sideways and snaps, in a page that scrolls", async ({ page, site, foreign }) => {
  const slide = (id: string, picture: string) => `<img id="${id}" src="${picture}" alt="${id}" style="flex: none; width: 360px; height: 300px; object-fit: cover; scroll-snap-align: start">`;
  site.put("/", {
    head: VIEWPORT,
    body: `<cutline-picture><div id="carousel" style="display: flex; width: 360px; overflow-x: auto; scroll-snap-type: x mandatory">${slide("one", "/nuthatch.png")}${slide("two", "/forest-stream.webp")}</div></cutline-picture><p style="height: 3000px">Words</p>`,
  });
  await foreign.open(site.url);
  await page.locator("#one").evaluate((picture: HTMLImageElement) => picture.decode());
  await page.getByRole("button", { name: "Share a part" }).tap();
  const { overlay } = foreign;
  await expect(overlay.dialog).toBeVisible();
  const box = await overlay.box();
  const finger = await fingerOn(page);
  await swipe(finger, box.x + box.width + 50, box.y - 30, -290, 0);
  await expect.poll(() => page.evaluate(() => document.querySelector("#carousel")!.scrollLeft)).toBe(360);
  const pageScrolled = () => page.evaluate(() => scrollY);
  const start = await pageScrolled();
  await page.evaluate(() => document.querySelector("#carousel")!.scrollTo({ left: 0, behavior: "instant" }));
  await page.clock.runFor(100);
  const again = await overlay.box();
  await swipe(finger, again.x + again.width / 4, again.y - 30, 0, -60);
  await expect.poll(pageScrolled).toBeGreaterThan(start + 20);
});

test("presses that set corners are presses on the picture, whatever it leads to", async ({ page, site, foreign }) => {
  site.put("/", { head: VIEWPORT, body: PICTURE });
  await foreign.open(site.url);
  await page.locator("#picture").evaluate((picture: HTMLImageElement) => picture.decode());
  await page.getByRole("button", { name: "Share a part" }).tap();
  const { overlay } = foreign;
  await overlay.dialog.getByText("Adjust the selection").tap();
  await overlay.dialog.getByRole("button", { name: "Set two corners" }).tap();
  const picture = await boxOf(page.locator("#picture"));
  await page.touchscreen.tap(picture.x + 36, picture.y + 24);
  await page.touchscreen.tap(picture.x + 180, picture.y + 120);
  await expect.poll(async () => (await overlay.region()).width).toBeCloseTo(0.4, 1);
  expect((await overlay.region()).x).toBeCloseTo(0.1, 1);
  expect(page.url()).toBe(`${site.url}/`);
});
