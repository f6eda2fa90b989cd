// Nothing of the overlay is loaded before somebody seems to want it: until then a page has its HTML, its style and a loader
// of a few hundred bytes. Whatever the sign is, nothing the visitor did meanwhile is lost.
import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";
import { DWELL_MS, GalleryPage } from "../pages/gallery.ts";
import { boxOf } from "../pages/overlay.ts";

const TITLE = "Trail in the Picos de Europa";

/** What of the overlay has been asked for so far. */
function watchOverlay(page: Page): () => string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (/\/pkg\/cutline\.(js|wasm)$/.test(pathname)) asked.push(pathname);
  });
  return () => asked;
}

/** Holds the module back until what it answers is called. */
async function holdBack(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/pkg/cutline.wasm", async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

test("a page that is only read loads no WebAssembly", async ({ page }) => {
  const asked = watchOverlay(page);
  const gallery = new GalleryPage(page);
  await gallery.open();
  await page.mouse.wheel(0, 2000);
  await page.mouse.move(2, 300);
  await page.keyboard.press("PageDown");
  await gallery.picture("Nuthatch, head first").scrollIntoViewIfNeeded();
  await page.clock.runFor(60_000);
  await page.waitForLoadState("networkidle");
  expect(asked()).toEqual([]);
  await expect(page.locator("html")).toHaveAttribute("data-awaits-intent", "");
});

test("a pointer on a picture that is too small to react loads nothing, and what the site has said is too small", async ({ page }) => {
  const asked = watchOverlay(page);
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show("Dragonfly");
  const box = await boxOf(picture);
  expect(Math.min(box.width, box.height)).toBeLessThan(120);
  // At once: on its way it would come over others.
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.clock.runFor(DWELL_MS * 3);
  await page.waitForLoadState("networkidle");
  expect(asked()).toEqual([]);
  await picture.evaluate((picture: HTMLElement) => (picture.style.cssText = "width: 120px; height: 120px"));
  await gallery.moveTo(box.x + box.width / 2 + 3, box.y + box.height / 2);
  await gallery.awake();
});

test("a pointer that comes to rest on a picture and does not move again opens the overlay", async ({ page }) => {
  const asked = watchOverlay(page);
  const gallery = new GalleryPage(page);
  await gallery.open();
  const box = await boxOf(await gallery.show(TITLE));
  await page.mouse.move(box.x + 60, box.y + 50);
  await gallery.awake();
  expect(asked().sort()).toEqual(["/pkg/cutline.js", "/pkg/cutline.wasm"]);
  await page.clock.runFor(DWELL_MS);
  await expect(gallery.overlay.dialog).toBeVisible();
});

test("a pointer that has left again by then opens nothing", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const release = await holdBack(page);
  const box = await boxOf(await gallery.show(TITLE));
  await page.mouse.move(box.x + 60, box.y + 50);
  await page.mouse.move(2, 2);
  release();
  await gallery.awake();
  await page.clock.runFor(DWELL_MS * 3);
  await expect(gallery.overlay.dialog).toHaveCount(0);
});

test("the focus on an opener loads the overlay, Enter opens it", async ({ page }) => {
  const asked = watchOverlay(page);
  const gallery = new GalleryPage(page);
  await gallery.open();
  await gallery.opener(TITLE).focus();
  await gallery.awake();
  expect(asked()).toHaveLength(2);
  await page.keyboard.press("Enter");
  await expect(gallery.overlay.dialog).toBeVisible();
  await expect(gallery.overlay.selection).toBeFocused();
});

test("an opener that is pressed before the overlay is there opens it when it is", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await gallery.opener(TITLE).click();
  await expect(gallery.overlay.dialog).toBeVisible();
  expect(new URL(page.url()).pathname).toBe("/");
});

test("an opener says that it is busy until the overlay is there", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const release = await holdBack(page);
  const opener = gallery.opener(TITLE);
  await opener.click();
  await expect(opener).toHaveAttribute("aria-busy", "true");
  await expect(opener).toHaveCSS("cursor", "progress");
  await page.clock.runFor(9_900);
  await expect(opener).toHaveAttribute("aria-busy", "true");
  release();
  await expect(gallery.overlay.dialog).toBeVisible();
  await expect(opener).not.toHaveAttribute("aria-busy");
  expect(new URL(page.url()).pathname).toBe("/");
});

test("when the overlay does not come, an opener is the link that it is without script", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await page.route("**/pkg/cutline.wasm", () => {});
  await gallery.opener(TITLE).click();
  await expect(gallery.opener(TITLE)).toHaveAttribute("aria-busy", "true");
  await page.clock.runFor(10_000);
  await expect(page).toHaveURL(/\/compose\?image_url=/);
});

test("when the overlay cannot be had, an opener is the link that it is without script", async ({ page, complaints }) => {
  complaints.expect(/Failed to load resource/);
  complaints.expect(/no answer: .*cutline\.wasm/);
  const gallery = new GalleryPage(page);
  await gallery.open();
  await page.route("**/pkg/cutline.wasm", (route) => route.abort());
  await gallery.opener(TITLE).click();
  await expect(page).toHaveURL(/\/compose\?image_url=/);
  await expect(page.getByRole("heading", { name: "Share a part of a picture" })).toBeVisible();
});

test("after a failure a pointer tries again, but not at each of its moves", async ({ page, complaints }) => {
  complaints.expect(/Failed to load resource/);
  complaints.expect(/no answer: .*cutline\.wasm/);
  const gallery = new GalleryPage(page);
  await gallery.open();
  let tries = 0;
  await page.route("**/pkg/cutline.wasm", (route) => (tries++ === 0 ? route.abort() : route.continue()));
  const box = await boxOf(await gallery.show(TITLE));
  await page.mouse.move(box.x + 60, box.y + 50);
  await expect.poll(() => complaints.seen().some((words) => words.includes("no answer"))).toBe(true);
  for (let step = 0; step < 20; step++) {
    await page.mouse.move(box.x + 60 + (step % 4), box.y + 50);
    await page.clock.runFor(1_000);
  }
  await page.waitForLoadState("networkidle");
  expect(tries).toBe(1);
  await page.clock.runFor(15_000);
  await page.mouse.move(box.x + 70, box.y + 50);
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
  expect(tries).toBe(2);
  await page.clock.runFor(DWELL_MS);
  await expect(gallery.overlay.dialog).toBeVisible();
});

test("a page without pictures to share has no script at all", async ({ page }) => {
  const scripts: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script") scripts.push(request.url());
  });
  await page.goto("/board");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(scripts).toEqual([]);
});

test.describe("by finger", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

  test("a tap on the opener is enough, and scrolling over pictures loads nothing", async ({ page }) => {
    const asked = watchOverlay(page);
    const gallery = new GalleryPage(page);
    await gallery.open();
    const touch = await page.context().newCDPSession(page);
    await touch.send("Input.synthesizeScrollGesture", { x: 200, y: 400, yDistance: -600, gestureSourceType: "touch" });
    expect(asked()).toEqual([]);
    await gallery.opener(TITLE).tap();
    await expect(gallery.overlay.dialog).toBeVisible();
  });
});
