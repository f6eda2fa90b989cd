// The main job: rest on a picture, select a part, describe it, share it to the board and to a real Mastodon-API server,
// follow the receipt. What arrives is compared with what was selected, pixel by pixel.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { expect, type Snac, targetId, test } from "../fixtures/mastodon.ts";
import { decode, difference, part, toPixels } from "../fixtures/pixels.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, type Overlay } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));

interface Region {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Presses share and answers what was sent. */
async function share(page: Page, press: () => Promise<void>): Promise<{ region: Region; bytes: number }> {
  const sent = page.waitForRequest((request) => request.url().endsWith("/api/share"));
  await press();
  const body = (await sent).postData()!;
  const { request } = JSON.parse(body) as { request: { region: Region } };
  return { region: request.region, bytes: Buffer.byteLength(body) };
}

/** Waits until a delivery has reached this state, while the page's clock lets the overlay ask. */
async function untilState(page: Page, overlay: Overlay, target: string, state: string): Promise<void> {
  await expect(async () => {
    await page.clock.runFor(1_000);
    await expect(overlay.delivery(target)).toContainText(state, { timeout: 500 });
  }).toPass();
}

/** The picture of the account's status with this text, as the platform serves it, and the status. */
async function posted(snac: Snac, text: string) {
  const status = (await snac.statuses()).find(({ content }) => content.includes(text));
  expect(status, `a status with ${text}`).toBeDefined();
  const [attachment, ...others] = status!.media_attachments;
  expect(others).toHaveLength(0);
  const answer = await fetch(attachment!.url);
  return { status: status!, attachment: attachment!, bytes: Buffer.from(await answer.arrayBuffer()) };
}

test("dwell, drag a corner and an edge, move, describe, share, follow the receipt", async ({ page, snac, cutline }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Nuthatch, head first");
  await overlay.dragHandle("north-west", -40, -25);
  await overlay.dragHandle("east", 37, 0);
  await overlay.moveSelection(-11, 13);
  const words = "A nuthatch, upside down as ever";
  await overlay.description.fill(words);
  await overlay.alt.fill("A blue-grey bird hangs head first");
  await overlay.target("Board").check();
  await overlay.target("Mastodon").check();

  // What is drawn on the picture is what is sent.
  const picture = await boxOf(gallery.picture("Nuthatch, head first"));
  const drawn = await overlay.box();
  const sent = await share(page, () => overlay.share.click());
  expect(sent.bytes).toBeLessThan(1024);
  expect(sent.region.x).toBeCloseTo((drawn.x - picture.x) / picture.width, 3);
  expect(sent.region.y).toBeCloseTo((drawn.y - picture.y) / picture.height, 3);
  expect(sent.region.w).toBeCloseTo(drawn.width / picture.width, 3);
  expect(sent.region.h).toBeCloseTo(drawn.height / picture.height, 3);

  const receipt = await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
  await untilState(page, overlay, "Mastodon", "posted");

  // On the platform: the words, the alt text, the link, and exactly these pixels.
  const { status, attachment, bytes } = await posted(snac, words);
  expect(attachment.description).toBe("A blue-grey bird hangs head first");
  const shareUrl = (await receipt.getAttribute("href"))!;
  expect(status.content).toContain(shareUrl);
  const original = await decode(page, await readFile(`${DEMO}nuthatch.png`), "image/png");
  const pixels = toPixels(sent.region, original.width, original.height);
  const expected = part(original, pixels.left, pixels.top, pixels.width, pixels.height);
  const arrived = await decode(page, bytes, "image/png");
  expect({ width: arrived.width, height: arrived.height }).toEqual({ width: pixels.width, height: pixels.height });
  expect(arrived.data.equals(expected.data)).toBe(true);

  // The receipt leads to the share page, the board has it too, and the delivery links to the status.
  const opened = page.context().waitForEvent("page");
  await receipt.click();
  const sharePage = await opened;
  await expect(sharePage.getByRole("heading", { name: words })).toBeVisible();
  expect(sharePage.url()).toBe(shareUrl);
  await sharePage.goto(`${cutline.url}/board`);
  await expect(sharePage.getByText(words)).toBeVisible();
  await expect(overlay.delivery("Mastodon").getByRole("link", { name: "See the post" })).toHaveAttribute("href", status.url);
});

test("the same by keyboard alone", async ({ page, snac }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const { overlay } = gallery;
  const opener = gallery.opener("Nuthatch, head first");
  await opener.focus();
  await page.keyboard.press("Enter");
  await expect(overlay.selection).toBeFocused();

  // Exactly so many pixels of the original: 450 x 300 from (225, 150), moved and resized.
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Tab");
  await expect(overlay.handle("north-west")).toBeFocused();
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("ArrowUp");
  await expect(overlay.size).toHaveText("460 × 301 pixels");

  const words = "Shared without touching a mouse";
  await tabTo(page, overlay.description);
  await page.keyboard.type(words);
  await tabTo(page, overlay.target("Board"));
  await page.keyboard.press("Space");
  await tabTo(page, overlay.target("Mastodon"));
  await page.keyboard.press("Space");
  await tabTo(page, overlay.share);
  const sent = await share(page, () => page.keyboard.press("Enter"));
  await expect(await overlay.receipt()).toBeFocused();
  await untilState(page, overlay, "Mastodon", "posted");

  const { bytes } = await posted(snac, words);
  const original = await decode(page, await readFile(`${DEMO}nuthatch.png`), "image/png");
  expect(toPixels(sent.region, original.width, original.height)).toEqual({ left: 216, top: 159, width: 460, height: 301 });
  const arrived = await decode(page, bytes, "image/png");
  expect(arrived.data.equals(part(original, 216, 159, 460, 301).data)).toBe(true);

  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toBeHidden();
  await expect(opener).toBeFocused();
});

/** Presses Tab until an element has the focus; it must come within a lap. */
async function tabTo(page: Page, element: ReturnType<Page["locator"]>): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if (await element.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("Tab does not lead to it");
}

for (const { title, file, type } of [
  { title: "Drum and wine", file: "drum-and-wine.jpg", type: "image/jpeg" },
  { title: "Autumn below Aitzgorri", file: "autumn-below-aitzgorri.jpg", type: "image/jpeg" },
  { title: "Stream in the forest", file: "forest-stream.webp", type: "image/webp" },
  { title: "Free bird", file: "wooden-bird.png", type: "image/png" },
  { title: "Across the clock (moving)", file: "wall-clock.gif", type: "image/gif" },
]) {
  test(`the part of ${file} is where it was selected, upright and in its colours`, async ({ page, cutline }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    const overlay = await gallery.dwell(title);
    await overlay.moveSelection(-9, 7);
    await overlay.target("Board").check();
    const sent = await share(page, () => overlay.share.click());
    const href = (await (await overlay.receipt()).getAttribute("href"))!;
    const { clipping } = (await (await fetch(href.replace("/s/", "/api/v1/shares/"))).json()) as {
      clipping: { url: string; width: number; height: number; type: string };
    };
    expect(clipping.url.startsWith(`${cutline.url}/clippings/`)).toBe(true);

    const original = await decode(page, await readFile(DEMO + file), type);
    const { left, top, width, height } = toPixels(sent.region, original.width, original.height);
    expect(clipping).toMatchObject({ width, height });
    const answer = await fetch(clipping.url);
    const arrived = await decode(page, Buffer.from(await answer.arrayBuffer()), clipping.type);
    const here = difference(arrived, part(original, left, top, width, height));
    if (clipping.type === "image/png") expect(here).toBe(0);
    else expect(here).toBeLessThan(3);
    // One pixel beside it fits worse: the place is exact.
    for (const [dx, dy] of [[-1, 0], [1, 0], [0, -1], [0, 1]] as const) {
      expect(difference(arrived, part(original, left + dx, top + dy, width, height))).toBeGreaterThan(here);
    }
  });
}

test("the receipt keeps the room for its picture until that is there", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Nuthatch, head first");
  await overlay.target("Board").check();
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(/\/clippings\//, async (route) => {
    await held;
    await route.continue();
  });
  await overlay.share.click();
  const link = await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
  const places = async () => [await boxOf(overlay.dialog.locator(".share-outcome__clipping")), await boxOf(link), await boxOf(overlay.close)];
  const before = await places();
  letGo();
  await overlay.clipping();
  expect(await places()).toEqual(before);
});

test("the share request names the page, the place and the picture, and stays under one kilobyte", async ({ page, cutline, snac }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Used brushes");
  await overlay.description.fill("x".repeat(100));
  await overlay.target("Board").check();
  await overlay.target("Mastodon").check();
  const request = page.waitForRequest((sent) => sent.url().endsWith("/api/share"));
  await overlay.share.click();
  const body = (await request).postData()!;
  expect(Buffer.byteLength(body)).toBeLessThan(1024);
  const index = await gallery.picture("Used brushes").evaluate((picture) => Array.from(document.images).indexOf(picture as HTMLImageElement));
  expect(JSON.parse(body)).toMatchObject({
    request: {
      source: {
        image_url: `${cutline.url}/pictures/demo/paint-brushes.jpg`,
        page_url: `${cutline.url}/`,
        index,
        natural: { width: 1074, height: 1074 },
      },
      targets: ["board", targetId(snac)],
    },
  });
  await overlay.receipt();
});

test("targets that were chosen are chosen still when the overlay is closed and opened again", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Used brushes");
  const [board, mastodon] = [overlay.target("Board"), overlay.target("Mastodon")];
  const before = await board.isChecked();
  await board.setChecked(!before);
  await mastodon.check();
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await gallery.moveTo(5, 5);
  await gallery.dwell("Used brushes");
  await expect(board).toBeChecked({ checked: !before });
  await expect(mastodon).toBeChecked();
});
