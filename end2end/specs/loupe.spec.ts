// The loupe at the corner or edge that is dragged: for fingers, which cover it, and for every pointer where a site wants that.
// What it shows is judged by a picture whose colours say where they are.
import type { Page } from "@playwright/test";

import { decode } from "../fixtures/pixels.ts";
import { type Cutline, expect, startCutline, test as base } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, type Overlay } from "../pages/overlay.ts";

const TITLE = "Nuthatch, head first";
const [WIDTH, HEIGHT] = [400, 300];

/** Puts a picture in the place of the gallery's: red grows to the right, green downwards. */
async function encode(page: Page, style: string): Promise<void> {
  await new GalleryPage(page).picture(TITLE).evaluate(
    async (element, { style, width, height }) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d")!;
      const data = context.createImageData(width, height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) data.data.set([(x / width) * 255, (y / height) * 255, 0, 255], (y * width + x) * 4);
      }
      context.putImageData(data, 0, 0);
      const image = element as HTMLImageElement;
      for (const name of ["srcset", "sizes", "data-cutline-source", "data-cutline-width", "data-cutline-height"]) image.removeAttribute(name);
      image.setAttribute("width", String(width));
      image.setAttribute("height", String(height));
      image.style.cssText = `width: ${width}px; height: ${height}px; max-width: none; border-radius: 0; ${style}`;
      image.src = canvas.toDataURL();
      await image.decode();
      image.scrollIntoView({ block: "center" });
    },
    { style, width: WIDTH, height: HEIGHT },
  );
}

/** Where in the picture, in fractions, the loupe shows what is so many pixels right of and below its middle. */
async function seen(page: Page, overlay: Overlay, dx: number, dy: number): Promise<{ x: number; y: number }> {
  const box = await boxOf(overlay.loupe);
  const { data, width } = await decode(page, await page.screenshot(), "image/png");
  const at = (Math.round(box.y + box.height / 2 + dy) * width + Math.round(box.x + box.width / 2 + dx)) * 4;
  return { x: data[at]! / 255, y: data[at + 1]! / 255 };
}

const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({}, use) => {
      const cutline = await startCutline({ config: '[overlay]\nloupe = "always"\n' });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

for (const [how, style, turn] of [["upright", "", 1], ["on its head", "transform: rotate(180deg)", -1]] as const) {
  test(`it shows what is at the corner, three times as large, on a picture that is ${how}`, async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    await gallery.show(TITLE);
    await encode(page, style);
    await gallery.rest(gallery.picture(TITLE), 600);
    const { overlay } = gallery;
    const handle = await boxOf(overlay.handle("south-east"));
    await expect(overlay.loupe).toHaveCount(0);
    await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
    await page.mouse.down();
    await page.mouse.move(handle.x + handle.width / 2 - 20 * turn, handle.y + handle.height / 2 - 10 * turn);
    await expect(overlay.loupe).toBeVisible();
    const region = await overlay.region();
    const corner = { x: region.x + region.width, y: region.y + region.height };
    expect(corner.x).toBeCloseTo(0.75 - 20 / WIDTH, 1);
    for (const [dx, dy] of [[24, 24], [-24, 24], [24, -24]] as const) {
      const point = await seen(page, overlay, dx, dy);
      expect(Math.abs(point.x - (corner.x + (turn * dx) / 3 / WIDTH)), `across at ${dx}`).toBeLessThan(0.012);
      expect(Math.abs(point.y - (corner.y + (turn * dy) / 3 / HEIGHT)), `down at ${dy}`).toBeLessThan(0.012);
    }
    await page.mouse.up();
    await expect(overlay.loupe).toHaveCount(0);
  });
}

test("it follows an edge, and a corner that has crossed the opposite one; the box has none", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const middle = async () => {
    const { x, y, width, height } = await boxOf(overlay.loupe);
    return { x: x + width / 2, y: y + height / 2 };
  };
  const start = await overlay.box();
  const east = await boxOf(overlay.handle("east"));
  await page.mouse.move(east.x + 22, east.y + 22);
  await page.mouse.down();
  await page.mouse.move(east.x + 22 - start.width - 40, east.y + 22);
  await expect.poll(async () => (await middle()).x).toBeCloseTo(start.x - 40, 0);
  await page.mouse.up();
  await overlay.selection.focus();
  await page.keyboard.press("Control+z");
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(start.x + start.width / 2 + 30, start.y + start.height / 2);
  await expect(overlay.loupe).toHaveCount(0);
  await page.mouse.up();
});

base("by default a mouse has none, and a finger has", async ({ browser, cutline }) => {
  const context = await browser.newContext({ baseURL: cutline.url, hasTouch: true, viewport: { width: 900, height: 700 } });
  const page = await context.newPage();
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const { x, y, width, height } = await boxOf(overlay.handle("south-east"));
  const [from, to] = [{ x: x + width / 2, y: y + height / 2 }, { x: x + width / 2 - 20, y: y + height / 2 - 20 }];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y);
  await expect(overlay.loupe).toHaveCount(0);
  await page.mouse.up();
  const touch = await context.newCDPSession(page);
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [to] });
  await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [from] });
  await expect(overlay.loupe).toBeVisible();
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await expect(overlay.loupe).toHaveCount(0);
  await context.close();
});
