// The selection on plain, scaled and scrolled pictures, by mouse, keyboard and touch.
import type { Locator } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";
import { fingerOn, type Place, second, stroke, swipe } from "../pages/fingers.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, HANDLES, type Handle } from "../pages/overlay.ts";

const TITLE = "Trail in the Picos de Europa";

test("each of the eight handles moves its own edges", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  for (const handle of Object.keys(HANDLES) as Handle[]) {
    const before = await overlay.box();
    await overlay.dragHandle(handle, 12, 9);
    const after = await overlay.box();
    const west = handle.includes("west") ? 12 : 0;
    const north = handle.includes("north") ? 9 : 0;
    const east = handle.includes("east") ? 12 : 0;
    const south = handle.includes("south") ? 9 : 0;
    expect(after.x, handle).toBeCloseTo(before.x + west, 0);
    expect(after.y, handle).toBeCloseTo(before.y + north, 0);
    expect(after.width, handle).toBeCloseTo(before.width - west + east, 0);
    expect(after.height, handle).toBeCloseTo(before.height - north + south, 0);
  }
});

test("the selection stays inside the picture and flips when a handle crosses the other side", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await boxOf(gallery.picture(TITLE));
  const overlay = await gallery.dwell(TITLE);
  await overlay.moveSelection(-2000, 0);
  expect((await overlay.box()).x).toBeCloseTo(picture.x, 0);
  const before = await overlay.box();
  await overlay.dragHandle("west", before.width + 60, 0);
  const flipped = await overlay.box();
  expect(flipped.x).toBeCloseTo(before.x + before.width, 0);
  expect(flipped.width).toBeCloseTo(60, 0);
});

test("the focus goes with the hand: past the opposite side it is on the handle that stands there, by mouse, by keys and back", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  // Given up, the hand is where it was.
  const [before, east] = [await overlay.box(), await boxOf(overlay.handle("east"))];
  await page.mouse.move(east.x + 22, east.y + 22);
  await page.mouse.down();
  await page.mouse.move(east.x - 20, east.y + 22);
  await page.mouse.move(east.x - before.width - 30, east.y + 22);
  await expect(overlay.handle("west")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(overlay.handle("east")).toBeFocused();
  await page.mouse.up();

  await overlay.dragHandle("west", before.width + 60, 0);
  await expect(overlay.handle("east")).toBeFocused();
  const flipped = await overlay.box();
  await overlay.dragHandle("north-west", flipped.width + 40, flipped.height + 30);
  await expect(overlay.handle("south-east")).toBeFocused();
  // The next step is the same hand's.
  const size = await overlay.box();
  await page.keyboard.press("Control+ArrowLeft");
  expect((await overlay.box()).width).toBeLessThan(size.width);

  // To the least size and one step on, which is the other side's.
  await overlay.handle("east").focus();
  await page.keyboard.press("Control+ArrowLeft");
  await expect(overlay.handle("east")).toBeFocused();
  const least = await overlay.region();
  for (let step = 0; step < 12 && (await overlay.region()).x >= least.x; step++) await page.keyboard.press("Shift+ArrowLeft");
  await expect(overlay.handle("west")).toBeFocused();
  await expect(overlay.handle("west")).toHaveAccessibleName("Resize from the left edge");
});

test("Escape gives up a drag first and closes second", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const before = await overlay.box();
  await page.mouse.move(before.x + before.width / 2, before.y + before.height / 2);
  await page.mouse.down();
  await page.mouse.move(before.x + before.width / 2 + 50, before.y + before.height / 2 + 20);
  expect((await overlay.box()).x).toBeCloseTo(before.x + 50, 0);
  await page.keyboard.press("Escape");
  expect((await overlay.box()).x).toBeCloseTo(before.x, 0);
  await page.mouse.up();
  await expect(overlay.dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
});

test("Escape closes also when Tab has led out of the overlay", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await gallery.opener(TITLE).press("Enter");
  await expect(gallery.overlay.selection).toBeFocused();
  await page.getByRole("link", { name: "Board" }).focus();
  await page.keyboard.press("Escape");
  await expect(gallery.overlay.dialog).toHaveCount(0);
});

test("pressing beside the selection and dragging draws a new one", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await boxOf(gallery.picture(TITLE));
  const overlay = await gallery.dwell(TITLE);
  await overlay.drag(picture.x + 10, picture.y + 10, 70, 40);
  const box = await overlay.box();
  expect(box.x).toBeCloseTo(picture.x + 10, 0);
  expect(box.y).toBeCloseTo(picture.y + 10, 0);
  expect(box.width).toBeCloseTo(70, 0);
  expect(box.height).toBeCloseTo(40, 0);
});

test("a pen draws a new one, too, which nothing scrolls away", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await boxOf(gallery.picture(TITLE));
  const overlay = await gallery.dwell(TITLE);
  const stage = overlay.dialog.locator(".selection-overlay__stage");
  await expect(stage).toHaveCSS("touch-action", "auto");
  await stroke(await fingerOn(page), { x: picture.x + 10, y: picture.y + 10 }, { x: picture.x + 80, y: picture.y + 50 });
  const box = await overlay.box();
  expect(box.x).toBeCloseTo(picture.x + 10, 0);
  expect(box.y).toBeCloseTo(picture.y + 10, 0);
  expect(box.width).toBeCloseTo(70, 0);
  expect(box.height).toBeCloseTo(40, 0);
  // Pens that scroll are moved by no test: what the browser is told of them is looked at.
  await expect(stage).toHaveCSS("touch-action", "none");
  await gallery.moveTo(picture.x + 20, picture.y + 120);
  await expect(stage).toHaveCSS("touch-action", "auto");
});

test("a double press selects the whole picture", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await boxOf(gallery.picture(TITLE));
  const overlay = await gallery.dwell(TITLE);
  await overlay.selection.dblclick();
  await expect(overlay.size).toHaveText("2400 × 1800 pixels");
  expect((await overlay.box()).width).toBeCloseTo(picture.width, 0);
});

for (const { name, style } of [
  { name: "plain", style: "" },
  { name: "scaled by half", style: "zoom: 0.5" },
  { name: "scaled by a transform", style: "transform: scale(0.6); transform-origin: 0 0" },
  { name: "cut off by object-fit: cover", style: "width: 300px; height: 300px; object-fit: cover; padding: 7px; border: 3px solid" },
  { name: "letterboxed by object-fit: contain", style: "width: 300px; height: 300px; object-fit: contain; object-position: 100% 0" },
]) {
  test(`the stage lies on the picture when it is ${name}`, async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    const picture = await gallery.show(TITLE);
    await picture.evaluate((element, style) => (element.style.cssText = style), style);
    await page.evaluate(() => scrollBy(0, 60));
    const overlay = await gallery.dwell(TITLE);
    // The picture's own corners, as the page shows them: an independent measure of where it is painted.
    const painted = await picture.evaluate((element) => {
      const image = element as HTMLImageElement;
      const box = image.getBoundingClientRect();
      const style = getComputedStyle(image);
      const scale = box.width / image.offsetWidth;
      const inset = (parseFloat(style.paddingLeft) + parseFloat(style.borderLeftWidth)) * scale;
      const content = { x: box.x + inset, y: box.y + inset, width: box.width - 2 * inset, height: box.height - 2 * inset };
      if (style.objectFit !== "contain") return content;
      const height = (content.width * image.naturalHeight) / image.naturalWidth;
      return { ...content, height };
    });
    const stage = await boxOf(overlay.dialog.locator(".selection-overlay__stage"));
    for (const side of ["x", "y", "width", "height"] as const) expect(stage[side], side).toBeCloseTo(painted[side], 0);
  });
}

test("on a picture in a modal dialog the overlay is in the dialog, where it can be reached", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await page.evaluate((title) => {
    const figure = [...document.querySelectorAll("figure")].find((figure) => figure.textContent!.includes(title))!;
    const dialog = document.createElement("dialog");
    dialog.append(figure);
    document.body.append(dialog);
    dialog.showModal();
  }, TITLE);
  await gallery.rest(await gallery.show(TITLE), 600);
  // The page's dialog is one too.
  const overlay = page.locator(".selection-overlay");
  await expect(overlay).toBeVisible();
  await overlay.getByLabel("Description").fill("In a lightbox");
  await overlay.getByRole("button", { name: "Share", exact: true }).click();
  await expect(overlay.getByRole("link", { name: "Open the share page" })).toBeVisible();
  await overlay.getByRole("button", { name: "Close" }).click();
  await expect(overlay).toHaveCount(0);
  await expect(page.locator("dialog")).toBeVisible();
});

test("Escape closes the overlay and leaves the page's own dialog open", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await page.evaluate((title) => {
    const figure = [...document.querySelectorAll("figure")].find((figure) => figure.textContent!.includes(title))!;
    const dialog = document.createElement("dialog");
    dialog.append(figure);
    document.body.append(dialog);
    dialog.showModal();
  }, TITLE);
  await gallery.rest(await gallery.show(TITLE), 600);
  await expect(page.locator(".selection-overlay")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.locator(".selection-overlay")).toHaveCount(0);
  await expect(page.locator("dialog")).toBeVisible();
});

test("the overlay follows the picture when the page scrolls", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = gallery.picture(TITLE);
  const overlay = await gallery.dwell(TITLE);
  await overlay.selection.focus();
  await page.mouse.wheel(0, 150);
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
  const stage = overlay.dialog.locator(".selection-overlay__stage");
  await expect.poll(async () => (await boxOf(stage)).y - (await boxOf(picture)).y).toBeCloseTo(0, 0);
});

test("in a scroller of the page's the wheel scrolls that, and whoever opens the overlay sees the picture", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await page.evaluate(() => {
    document.body.style.cssText = "overflow: hidden; height: 100vh; margin: 0";
    const main = document.querySelector("main")!;
    main.style.cssText = "overflow: auto; height: 100vh";
    main.append(Object.assign(document.createElement("div"), { style: "height: 3000px" }));
  });
  const scrolled = () => page.evaluate(() => document.querySelector("main")!.scrollTop);
  const overlay = await gallery.dwell(TITLE);
  const before = await scrolled();
  const stage = overlay.dialog.locator(".selection-overlay__stage");
  await overlay.selection.focus();
  const box = await boxOf(overlay.selection);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, 120);
  await expect.poll(scrolled).toBeCloseTo(before + 120, 0);
  await expect.poll(async () => (await boxOf(stage)).y - (await boxOf(gallery.picture(TITLE))).y).toBeCloseTo(0, 0);
  await overlay.close.click();
  await page.evaluate(() => document.querySelector("main")!.scrollTo(0, 2_500));
  await gallery.opener(TITLE).evaluate((opener: HTMLElement) => opener.click());
  await expect(overlay.dialog).toBeVisible();
  await expect(gallery.picture(TITLE)).toBeInViewport();
});

test("the position is spoken in percent, once it rests", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  await expect(overlay.spoken).toHaveText("");
  await overlay.selection.focus();
  await page.keyboard.press("Control+ArrowLeft");
  await expect(overlay.spoken).toHaveText("");
  await page.clock.runFor(300);
  await expect(overlay.spoken).toHaveText("50 percent wide, 50 percent high, 0 percent from the left, 25 percent from the top");
});

test("there is one polite live region, through which all else is spoken too, and what failed has the only alert", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const regions = overlay.dialog.locator('[role="status"], [role="log"], [aria-live]');
  await expect(regions).toHaveCount(1);
  await overlay.openTools();
  await overlay.dialog.getByRole("button", { name: "Set two corners" }).click();
  await page.clock.runFor(300);
  await expect(overlay.spoken).toHaveText("Press on the picture where one corner goes.");
  await page.keyboard.press("Escape");
  await overlay.share.click();
  await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
  await page.clock.runFor(300);
  await expect(overlay.spoken).toHaveText(/^Shared\. .*Board: posted\.$/);
  await expect(regions).toHaveCount(1);
  for (const alert of await overlay.dialog.locator('[role="alert"]').all()) await expect(alert).toBeEmpty();
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

  test("the button opens, a finger resizes, a finger beside the selection scrolls the page, and shares", async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    const { overlay } = gallery;
    await gallery.opener(TITLE).tap();
    await expect(overlay.dialog).toBeVisible();
    const finger = await fingerOn(page);
    const scrolled = await page.evaluate(() => scrollY);
    const before = await overlay.box();
    const handle = await boxOf(overlay.handle("east"));
    await swipe(finger, handle.x + handle.width / 2, handle.y + handle.height / 2, 30, 0);
    await expect.poll(async () => (await overlay.box()).width).toBeCloseTo(before.width + 30, 0);
    expect(await page.evaluate(() => scrollY)).toBe(scrolled);

    // Shade above the selection, away from the handles.
    const box = await overlay.box();
    await swipe(finger, box.x + box.width / 4, box.y - 30, 0, -120);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(scrolled + 50);
    await expect(overlay.dialog).toBeVisible();

    // And on to the end by finger alone. A touch while the page still scrolls would only stop it.
    let top = NaN;
    await expect.poll(async () => top === (top = await page.evaluate(() => scrollY)), { intervals: [300] }).toBe(true);
    const sent = page.waitForRequest("**/api/share");
    await overlay.share.tap();
    const { request } = (await sent).postDataJSON() as { request: { region: { w: number } } };
    expect(request.region.w).toBeCloseTo((await overlay.region()).width, 5);
    await expect(overlay.delivery("Board")).toContainText("posted");
  });

  test("a second finger, a palm and a mouse take nothing out of the hand that holds, and two beside it zoom the page", async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    const { overlay } = gallery;
    await gallery.opener(TITLE).tap();
    await expect(overlay.dialog).toBeVisible();
    const finger = await fingerOn(page);
    const zoom = () => page.evaluate(() => visualViewport!.scale);
    const start = await overlay.region();
    const middle = async (element: Locator) => {
      const box = await boxOf(element);
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    const aside = ({ x, y }: Place) => ({ x: x + 90, y });
    const [box, east] = [await middle(overlay.selection), await middle(overlay.handle("east"))];

    // Down on a handle, and on the shade, while another one holds the box.
    const selection = await overlay.box();
    const beside = { x: selection.x + selection.width / 4, y: selection.y - 30 };
    await second(finger, box, east, aside(east));
    await second(finger, box, beside, aside(beside));
    expect(await overlay.region()).toEqual(start);
    // A palm that lies beside it holds nothing, and nor does what comes after.
    await second(finger, beside, east, aside(east));
    expect(await overlay.region()).toEqual(start);
    // A mouse has a first pointer of its own.
    await second(finger, box, beside, beside, async () => {
      await page.mouse.move(east.x, east.y);
      await page.mouse.down();
      await page.mouse.move(east.x + 40, east.y);
      await page.mouse.up();
    });
    expect(await overlay.region()).toEqual(start);
    expect(await zoom()).toBe(1);

    // Chromium takes two fingers for a pinch where they are a hand's breadth apart.
    const picture = await boxOf(gallery.picture(TITLE));
    const across = (share: number) => ({ x: picture.x + picture.width * share, y: beside.y });
    await second(finger, across(0.05), across(0.5), across(0.95));
    await expect.poll(zoom).toBeGreaterThan(1.2);
    expect(await overlay.region()).toEqual(start);
  });
});
