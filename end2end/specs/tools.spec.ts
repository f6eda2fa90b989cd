// What adjusts the selection beside dragging it: two presses, numbers, a held shape, undo and redo, by mouse and by keys; by finger in
// taps.spec.ts: whatever a drag can do can be done without one (WCAG 2.5.7).
import type { Locator } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, Overlay } from "../pages/overlay.ts";
import { WORDING } from "../pages/wording.ts";

const TITLE = "Trail in the Picos de Europa";
/** Its size in pixels. */
const [WIDTH, HEIGHT] = [2400, 1800];

async function open(gallery: GalleryPage): Promise<Overlay> {
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  await overlay.openTools();
  return overlay;
}

const shape = async (overlay: Overlay) => {
  const { width, height } = await overlay.region();
  return (width * WIDTH) / (height * HEIGHT);
};

test("two presses select what lies between them", async ({ page }) => {
  const gallery = new GalleryPage(page);
  const overlay = await open(gallery);
  const picture = await boxOf(gallery.picture(TITLE));
  const button = overlay.dialog.getByRole("button", { name: "Set two corners" });
  await button.click();
  await expect(button).toHaveAttribute("aria-pressed", "true");
  const hint = overlay.dialog.locator(".selection-tools__hint");
  await expect(hint).toHaveText("Press on the picture where one corner goes.");
  // The first on what is selected, the second beside it: while corners are set both are only picture.
  await page.mouse.click(picture.x + picture.width * 0.5, picture.y + picture.height * 0.5);
  await expect(hint).toHaveText("Now press where the opposite corner goes.");
  await expect(overlay.dialog.locator(".selection-overlay__corner")).toBeVisible();
  await page.mouse.click(picture.x + picture.width * 0.1, picture.y + picture.height * 0.9);
  await expect(hint).toBeEmpty();
  await expect(button).toHaveAttribute("aria-pressed", "false");
  const region = await overlay.region();
  expect(region.x).toBeCloseTo(0.1, 2);
  expect(region.y).toBeCloseTo(0.5, 2);
  expect(region.width).toBeCloseTo(0.4, 2);
  expect(region.height).toBeCloseTo(0.4, 2);
});

test("Escape gives up the setting of corners before it closes", async ({ page }) => {
  const gallery = new GalleryPage(page);
  const overlay = await open(gallery);
  const before = await overlay.region();
  await overlay.dialog.getByRole("button", { name: "Set two corners" }).click();
  await page.keyboard.press("Escape");
  await expect(overlay.dialog.locator(".selection-tools__hint")).toBeEmpty();
  await expect(overlay.dialog).toBeVisible();
  expect(await overlay.region()).toEqual(before);
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
});

test("Enter takes a corner up, and a press says where it goes", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const picture = await boxOf(gallery.picture(TITLE));
  const hint = overlay.dialog.locator(".selection-tools__hint");
  await overlay.handle("north-west").focus();
  await page.keyboard.press("Enter");
  await expect(hint).toHaveText("Press on the picture where this corner goes.");
  await page.keyboard.press("Escape");
  await expect(hint).toBeEmpty();
  await page.keyboard.press("Space");
  await page.mouse.click(picture.x + picture.width * 0.1, picture.y + picture.height * 0.05);
  await expect(hint).toBeEmpty();
  const region = await overlay.region();
  for (const [value, expected] of [[region.x, 0.1], [region.y, 0.05], [region.x + region.width, 0.75], [region.y + region.height, 0.75]] as const) {
    expect(value).toBeCloseTo(expected, 2);
  }
  // What a screen reader presses.
  await overlay.handle("south-east").evaluate((corner) => (corner as HTMLElement).click());
  await expect(hint).toHaveText("Press on the picture where this corner goes.");
  await page.mouse.click(picture.x + picture.width * 0.5, picture.y + picture.height * 0.5);
  expect((await overlay.region()).width).toBeCloseTo(0.4, 2);
});

test("Enter on an edge and a press on a corner without a drag do nothing", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const before = await overlay.region();
  await overlay.handle("east").focus();
  await page.keyboard.press("Enter");
  await overlay.handle("north-west").click();
  await expect(overlay.dialog.locator(".selection-tools__hint")).toBeEmpty();
  await expect(overlay.dialog).toBeVisible();
  expect(await overlay.region()).toEqual(before);
});

test("numbers select, in percent and in pixels of the original", async ({ page }) => {
  const gallery = new GalleryPage(page);
  const overlay = await open(gallery);
  for (const [label, value] of [["Left %", "10"], ["Top %", "20"], ["Width %", "30"], ["Height %", "40"]] as const) {
    await overlay.number(label).fill(value);
    await overlay.number(label).press("Tab");
  }
  await expect(overlay.size).toHaveText("720 × 720 pixels");
  await overlay.dialog.getByRole("radio", { name: "Pixels" }).check();
  await expect(overlay.number("Left px")).toHaveValue("240");
  await expect(overlay.number("Height px")).toHaveValue("720");
  await overlay.number("Width px").fill("1001");
  await overlay.number("Width px").press("Enter");
  await expect(overlay.size).toHaveText("1001 × 720 pixels");
  await overlay.selection.focus();
  await page.keyboard.press("Control+ArrowRight");
  await expect(overlay.number("Left px")).toHaveValue(String(WIDTH - 1001));
});

/** Has a picture of the gallery chosen from a `srcset`: its file has 900 x 600 pixels, which the page shows as 300 x 200. */
async function choose(picture: Locator): Promise<void> {
  await picture.evaluate(async (element) => {
    const image = element as HTMLImageElement;
    for (const name of ["data-cutline-source", "data-cutline-width", "data-cutline-height"]) image.removeAttribute(name);
    image.sizes = "300px";
    image.srcset = "/pictures/demo/nuthatch.png 900w";
    await image.decode();
  });
  await expect(picture).toHaveJSProperty("naturalWidth", 300);
}

test("pixels of a picture that the browser chose from several are those of its file", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await choose(await gallery.show(TITLE));
  const overlay = await gallery.dwell(TITLE);
  await expect(overlay.size).toHaveText("450 × 300 pixels");
  await overlay.handle("east").focus();
  await page.keyboard.press("ArrowLeft");
  await expect(overlay.size).toHaveText("449 × 300 pixels");
  await page.keyboard.press("Control+ArrowLeft");
  await expect(overlay.size).toHaveText("8 × 300 pixels");
  const sent = page.waitForRequest((request) => request.method() === "POST");
  await overlay.share.click();
  expect((await sent).postData()).toMatch(/900\D+600/);
  await overlay.receipt();
});

test("a file that is not at hand tells its size when it comes", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await choose(await gallery.show(TITLE));
  await page.evaluate(() => {
    const Own = Image;
    const late = function () {
      const image = new Own();
      const set = (address: string) => Object.assign(window, { letCome: () => image.setAttribute("src", address) });
      return Object.defineProperty(image, "src", { set });
    };
    Object.assign(window, { Image: late });
  });
  const overlay = await gallery.dwell(TITLE);
  await expect(overlay.size).toHaveText("150 × 100 pixels");
  await page.evaluate(() => (window as unknown as { letCome: () => void }).letCome());
  await expect(async () => {
    await page.clock.runFor(100);
    await expect(overlay.size).toHaveText("450 × 300 pixels", { timeout: 100 });
  }).toPass();
});

test("numbers that make no sense change nothing, and those that do not fit are brought in", async ({ page }) => {
  const gallery = new GalleryPage(page);
  const overlay = await open(gallery);
  const before = await overlay.region();
  await overlay.number("Width %").fill("-5");
  await overlay.number("Width %").press("Tab");
  expect(await overlay.region()).toEqual(before);
  await expect(overlay.number("Width %")).toHaveValue("50.00");
  await overlay.number("Left %").fill("50");
  await overlay.number("Left %").press("Tab");
  await overlay.number("Left %").fill("300");
  await overlay.number("Left %").press("Tab");
  await expect(overlay.number("Left %")).toHaveValue("50.00");
  await overlay.number("Left %").fill("400");
  await overlay.number("Left %").press("Tab");
  await expect(overlay.number("Left %")).toHaveValue("50.00");
  await overlay.number("Width %").fill("0.0001");
  await overlay.number("Width %").press("Tab");
  await expect(overlay.size).toHaveText(/^8 × /);
});

test("steppers go by one percent and by one pixel", async ({ page }) => {
  const gallery = new GalleryPage(page);
  const overlay = await open(gallery);
  await overlay.dialog.getByRole("button", { name: "Left %: more" }).click();
  await expect(overlay.number("Left %")).toHaveValue("26.00");
  await overlay.dialog.getByRole("button", { name: "Height %: less" }).click();
  await expect(overlay.number("Height %")).toHaveValue("49.00");
  await overlay.dialog.getByRole("radio", { name: "Pixels" }).check();
  await overlay.dialog.getByRole("button", { name: "Width px: more" }).click();
  await expect(overlay.size).toHaveText("1201 × 882 pixels");
});

for (const [name, ratio] of [["1:1", 1], ["4:3", 4 / 3], ["16:9", 16 / 9], ["As the picture", WIDTH / HEIGHT]] as const) {
  test(`a selection held to ${name} keeps that shape whatever is done to it`, async ({ page }) => {
    const gallery = new GalleryPage(page);
    const overlay = await open(gallery);
    await overlay.dialog.getByLabel("Shape").selectOption(name);
    expect(await shape(overlay)).toBeCloseTo(ratio, 3);
    await overlay.dragHandle("south-east", 30, -12);
    expect(await shape(overlay)).toBeCloseTo(ratio, 3);
    await overlay.dragHandle("west", -15, 0);
    expect(await shape(overlay)).toBeCloseTo(ratio, 3);
    await overlay.handle("north").focus();
    await page.keyboard.press("Shift+ArrowDown");
    expect(await shape(overlay)).toBeCloseTo(ratio, 3);
    await overlay.number("Width %").fill("33");
    await overlay.number("Width %").press("Tab");
    expect(await shape(overlay)).toBeCloseTo(ratio, 3);
    await expect(overlay.number("Width %")).toHaveValue("33.00");
    await overlay.dialog.getByRole("button", { name: "Whole picture" }).click();
    expect(await shape(overlay)).toBeCloseTo(ratio, 3);
  });
}

test("Shift keeps the shape of what is resized, and draws squares", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const before = await shape(overlay);
  await page.keyboard.down("Shift");
  await overlay.dragHandle("north-east", -40, 3);
  expect(await shape(overlay)).toBeCloseTo(before, 3);
  const picture = await boxOf(gallery.picture(TITLE));
  await overlay.drag(picture.x + 5, picture.y + 5, 60, 20);
  await page.keyboard.up("Shift");
  expect(await shape(overlay)).toBeCloseTo(1, 3);
});

test("undo takes each change back, redo makes it again", async ({ page }) => {
  const gallery = new GalleryPage(page);
  const overlay = await open(gallery);
  const [undo, redo] = ["Undo", "Redo"].map((name) => overlay.dialog.getByRole("button", { name }));
  await expect(undo!).toHaveAttribute("aria-disabled", "true");
  const regions = [await overlay.region()];
  await overlay.dragHandle("east", 25, 0);
  regions.push(await overlay.region());
  await overlay.moveSelection(-10, 6);
  regions.push(await overlay.region());
  await overlay.number("Top %").fill("3");
  await overlay.number("Top %").press("Tab");
  regions.push(await overlay.region());
  for (const expected of regions.slice(0, -1).reverse()) {
    await undo!.click();
    expect(await overlay.region()).toEqual(expected);
  }
  await expect(undo!).toHaveAttribute("aria-disabled", "true");
  for (const expected of regions.slice(1)) {
    await redo!.click();
    expect(await overlay.region()).toEqual(expected);
  }
  await expect(redo!).toHaveAttribute("aria-disabled", "true");
});

test("Control and Z on the selection undo, typing in a field is left alone", async ({ page }) => {
  const gallery = new GalleryPage(page);
  const overlay = await open(gallery);
  const before = await overlay.region();
  await overlay.selection.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowUp");
  const after = await overlay.region();
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  expect(await overlay.region()).toEqual(before);
  await page.keyboard.press("Control+Shift+Z");
  await page.keyboard.press("Control+y");
  expect(await overlay.region()).toEqual(after);
  await overlay.description.fill("Home");
  await overlay.description.press("Control+z");
  await overlay.description.press("Home");
  await overlay.description.press("ArrowLeft");
  expect(await overlay.region()).toEqual(after);
});

/** Of the middle half of the picture: which way it goes, what it counts and from where to where, what it says. */
const EDGES = [
  { edge: "west", orientation: "horizontal", now: "25", least: "0", most: "75", says: ["25 percent from the left", "距左边 25%", "25٪ من اليسار"] },
  { edge: "east", orientation: "horizontal", now: "75", least: "25", most: "100", says: ["75 percent from the left", "距左边 75%", "75٪ من اليسار"] },
  { edge: "north", orientation: "vertical", now: "75", least: "25", most: "100", says: ["25 percent from the top", "距上边 25%", "25٪ من الأعلى"] },
  { edge: "south", orientation: "vertical", now: "25", least: "0", most: "75", says: ["75 percent from the top", "距上边 75%", "75٪ من الأعلى"] },
] as const;

test("edges are sliders that say where they are, and how far they go", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  for (const { edge, orientation, now, least, most, says } of EDGES) {
    const handle = overlay.handle(edge);
    await expect(handle).toHaveAttribute("aria-orientation", orientation);
    for (const [name, value] of [["valuenow", now], ["valuemin", least], ["valuemax", most], ["valuetext", says[0]]] as const) {
      await expect(handle, edge).toHaveAttribute(`aria-${name}`, value);
    }
    await handle.focus();
    await page.keyboard.press("Home");
    await expect(handle, edge).toHaveAttribute("aria-valuenow", least);
    await page.keyboard.press("End");
    await expect(handle, edge).toHaveAttribute("aria-valuenow", most);
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
  }
  expect(await overlay.region()).toEqual({ x: 0.25, y: 0.25, width: 0.5, height: 0.5 });
  // In a held shape it stops where there is no more room on the other axis.
  await overlay.openTools();
  await overlay.dialog.getByLabel("Shape").selectOption("16:9");
  await overlay.selection.focus();
  await page.keyboard.press("Control+ArrowDown");
  const north = overlay.handle("north");
  await expect(north).toHaveAttribute("aria-valuemax", "75");
  await north.focus();
  await page.keyboard.press("End");
  await expect(north).toHaveAttribute("aria-valuenow", "75");
});

for (const [at, tag] of (["en", "zh", "ar"] as const).entries()) {
  test(`edges say where they are in ${tag}`, async ({ page }) => {
    await page.goto(`/?lang=${tag}`);
    await expect(page.locator("html")).toHaveAttribute("data-awaits-intent", "");
    await page.locator("[data-cutline-open]").first().click();
    const overlay = new Overlay(page, WORDING[tag]);
    for (const { edge, says } of EDGES) {
      await expect(overlay.handle(edge)).toHaveAttribute("aria-valuetext", says[at]!);
    }
  });
}

test("handles of a small selection stand outside it and leave it to be moved", async ({ page }) => {
  const gallery = new GalleryPage(page);
  const overlay = await open(gallery);
  for (const label of ["Width %", "Height %"]) {
    await overlay.number(label).fill("8");
    await overlay.number(label).press("Tab");
  }
  const before = await overlay.region();
  const box = await overlay.box();
  expect(Math.min(box.width, box.height)).toBeLessThan(44);
  await overlay.moveSelection(20, 10);
  const moved = await overlay.region();
  expect(moved.width).toBeCloseTo(before.width, 5);
  expect(moved.x).toBeGreaterThan(before.x);
  await overlay.dragHandle("south-east", 30, 30);
  expect((await overlay.region()).width).toBeGreaterThan(moved.width);
});

test("what is said once more is spoken once more", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  await overlay.openTools();
  const corners = overlay.dialog.getByRole("button", { name: "Set two corners" });
  await overlay.spoken.evaluate((region) => {
    const spoken: string[] = ((window as unknown as { spoken: string[] }).spoken = []);
    new MutationObserver(() => region.textContent && spoken.push(region.textContent)).observe(region, { characterData: true, childList: true, subtree: true });
  });
  for (let press = 0; press < 3; press++) {
    await corners.click();
    await page.clock.runFor(400);
  }
  const first = "Press on the picture where one corner goes.";
  expect(await page.evaluate(() => (window as unknown as { spoken: string[] }).spoken)).toEqual([first, first]);
});

test("Escape throws away neither the selection, nor its shape, nor what undo brings back", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const fresh = await overlay.region();
  await overlay.openTools();
  const shape = overlay.dialog.getByLabel("Shape");
  await shape.selectOption("1:1");
  await overlay.moveSelection(31, 12);
  const region = await overlay.region();
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await gallery.moveTo(5, 5);
  await gallery.dwell(TITLE);
  expect(await overlay.region()).toEqual(region);
  await overlay.openTools();
  await expect(shape).toHaveValue("1:1");
  const undo = overlay.dialog.getByRole("button", { name: "Undo" });
  await undo.click();
  await undo.click();
  await expect.poll(() => overlay.region()).toEqual(fresh);
});
