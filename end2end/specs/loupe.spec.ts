// The loupe at the corner or edge that is dragged: for fingers, which cover it, and for every pointer where a site wants that.
// What it shows is judged by a picture whose colours say where they are.
import { type Cutline, expect, startCutline, test as base } from "../fixtures/test.ts";
import { encode, seen, SIZE } from "../pages/encoded.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf } from "../pages/overlay.ts";

const TITLE = "Nuthatch, head first";
const { width: WIDTH, height: HEIGHT } = SIZE;

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
    await encode(gallery.picture(TITLE), style);
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
    const loupe = await boxOf(overlay.loupe);
    const middle = { x: loupe.x + loupe.width / 2, y: loupe.y + loupe.height / 2 };
    const offsets = [[24, 24], [-24, 24], [24, -24]] as const;
    const points = await seen(page, offsets.map(([dx, dy]) => ({ x: middle.x + dx, y: middle.y + dy })));
    for (const [index, [dx, dy]] of offsets.entries()) {
      const point = points[index]!;
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
