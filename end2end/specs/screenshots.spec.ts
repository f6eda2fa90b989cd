// Pictures of what visitors see, in results/screenshots, for whoever changes the look: each state is first shown to be
// there, then taken. With SCREENSHOTS=keep the overlay's picture, which the README shows, is replaced too.
import { copyFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { take } from "../fixtures/screenshots.ts";
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, type Overlay } from "../pages/overlay.ts";

const KEPT = fileURLToPath(new URL("../screenshots/overlay.png", import.meta.url));

const TITLE = "Nuthatch, head first";
const DESCRIPTION = "Head first down the trunk: only nuthatches do that.";
const ALT = "A nuthatch, head down on a tree";

/** An account to choose from; nothing is ever sent to it. */
const ACCOUNT = `
[[targets]]
platform = "mastodon"
server = "https://example.social"
account = "alice@example.social"
token = "never-sent"
`;

const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({}, use) => {
      const cutline = await startCutline({ config: ACCOUNT });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

/** Selects the bird, in fractions of the picture, by dragging two corners. */
async function selectBird(gallery: GalleryPage, overlay: Overlay): Promise<void> {
  const picture = await boxOf(gallery.picture(TITLE));
  const wanted = { left: 0.22, top: 0.18, right: 0.62, bottom: 0.92 };
  const drawn = await overlay.box();
  await overlay.dragHandle(
    "north-west",
    picture.x + wanted.left * picture.width - drawn.x,
    picture.y + wanted.top * picture.height - drawn.y,
  );
  await overlay.dragHandle(
    "south-east",
    picture.x + wanted.right * picture.width - (drawn.x + drawn.width),
    picture.y + wanted.bottom * picture.height - (drawn.y + drawn.height),
  );
  const selected = await overlay.box();
  expect(selected.x).toBeCloseTo(picture.x + wanted.left * picture.width, 0);
  expect(selected.width).toBeCloseTo((wanted.right - wanted.left) * picture.width, 0);
  expect(selected.height).toBeCloseTo((wanted.bottom - wanted.top) * picture.height, 0);
}

/** Opens the overlay by a dwell, selects, and fills the panel in. */
async function prepare(page: Page): Promise<Overlay> {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await gallery.picture(TITLE).evaluate((picture) => picture.scrollIntoView({ block: "center" }));
  const overlay = await gallery.dwell(TITLE);
  await selectBird(gallery, overlay);
  await overlay.description.fill(DESCRIPTION);
  await overlay.alt.fill(ALT);
  await overlay.target("Board").check();
  await overlay.selection.focus();
  return overlay;
}

async function expectPrepared(overlay: Overlay): Promise<void> {
  await expect(overlay.dialog).toBeInViewport({ ratio: 1 });
  await expect(overlay.share).toBeInViewport({ ratio: 1 });
  await expect(overlay.description).toHaveValue(DESCRIPTION);
  await expect(overlay.target("Board")).toBeChecked();
  await expect(overlay.target("Mastodon")).not.toBeChecked();
  await expect(overlay.size).toHaveText("360 × 444 pixels");
}

test("a gallery at rest", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await expect(gallery.overlay.dialog).toHaveCount(0);
  await expect(page.getByRole("figure")).toHaveCount(15);
  await take(page, "gallery");
});

test("the overlay with a part selected and described, its receipt, the share page, the board", async ({ page, cutline }) => {
  await page.setViewportSize({ width: 1060, height: 600 });
  const overlay = await prepare(page);
  await expectPrepared(overlay);
  const taken = await take(page, "overlay");
  if (process.env["SCREENSHOTS"] === "keep") {
    await mkdir(dirname(KEPT), { recursive: true });
    await copyFile(taken, KEPT);
  }

  await overlay.share.click();
  const receipt = await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
  await take(page, "receipt");

  const address = (await receipt.getAttribute("href"))!;
  await page.goto(address);
  await expect(page.getByRole("heading", { level: 1, name: DESCRIPTION })).toBeVisible();
  await expect(page.getByAltText(ALT)).toHaveJSProperty("naturalWidth", 360);
  await expect(page.locator(".marked-picture__region")).toHaveAttribute("x", /^22\.0/);
  await take(page, "share-page", true);

  await page.goto("/board");
  await expect(page.locator(`a[href="${address.slice(cutline.url.length)}"]`)).toBeVisible();
  await take(page, "board");
});

test("the form without the overlay", async ({ page, cutline }) => {
  const picture = encodeURIComponent(`${cutline.url}/pictures/demo/nuthatch.png`);
  await page.goto(`/compose?image_url=${picture}&x=22&y=18&w=40&h=74`);
  await expect(page.getByRole("heading", { name: "Share a part of a picture" })).toBeVisible();
  await expect(page.locator(".marked-picture__region")).toHaveAttribute("width", "40.0000");
  await expect(page.getByRole("button", { name: "Share", exact: true })).toBeVisible();
  await take(page, "compose", true);
});

test("the overlay in the dark", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  const overlay = await prepare(page);
  await expectPrepared(overlay);
  const { color, behind } = await overlay.dialog.locator(".selection-overlay__panel").evaluate((panel) => {
    const { color, backgroundColor } = getComputedStyle(panel.querySelector(".share-panel") ?? panel);
    const lightness = (text: string) => (text.match(/[\d.]+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
    return { color: lightness(color), behind: lightness(backgroundColor) };
  });
  expect(color).toBeGreaterThan(behind);
  await take(page, "dark");
});

test("the tools, with corners being set", async ({ page }) => {
  const overlay = await prepare(page);
  await overlay.openTools();
  await overlay.dialog.getByRole("button", { name: "Set two corners" }).click();
  await page.mouse.click((await overlay.box()).x + 20, (await overlay.box()).y + 30);
  await expect(overlay.dialog.locator(".selection-overlay__corner")).toBeVisible();
  await take(page, "tools");
});

test("the overlay on a picture that is turned", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await gallery.picture(TITLE).evaluate((picture) => {
    picture.style.cssText = "transform: rotate(-14deg) skewX(8deg) scale(0.8); border-radius: 40px; border: 6px solid #999";
    picture.scrollIntoView({ block: "center" });
  });
  const overlay = await gallery.dwell(TITLE);
  await overlay.selection.focus();
  await expect(overlay.size).toBeInViewport();
  await take(page, "turned");
});

test("the overlay in Arabic, from right to left", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open("/?lang=ar");
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await gallery.picture(TITLE).evaluate((picture) => picture.scrollIntoView({ block: "center" }));
  const { dialog } = await gallery.dwell(TITLE);
  await expect(dialog).toHaveAttribute("dir", "rtl");
  const share = dialog.getByRole("button", { name: "مشاركة", exact: true });
  await expect(share).toBeInViewport({ ratio: 1 });
  await take(page, "arabic");
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

  test("the gallery, the overlay and the share page", async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    await take(page, "phone-gallery");
    await gallery.show(TITLE);
    await gallery.opener(TITLE).tap();
    const { overlay } = gallery;
    await expect(overlay.dialog).toBeVisible();
    // The panel is docked below, and the picture stands clear of it.
    const panel = await boxOf(overlay.dialog.locator(".selection-overlay__panel"));
    expect(panel.y + panel.height).toBeCloseTo(780, 0);
    await expect
      .poll(async () => {
        const selection = await overlay.box();
        return selection.y >= 0 && selection.y + selection.height <= panel.y;
      }, "the selection is in sight")
      .toBe(true);
    await take(page, "phone-overlay");

    await overlay.description.fill(DESCRIPTION);
    await overlay.alt.fill(ALT);
    await overlay.target("Board").check();
    await overlay.share.click();
    const address = (await (await overlay.receipt()).getAttribute("href"))!;
    await take(page, "phone-receipt");
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1, name: DESCRIPTION })).toBeVisible();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBe(0);
    await take(page, "phone-share-page", true);
  });
});
