// What the overlay shows is what will be sent: the picture itself where it lies in the page's plane, the picture laid flat where
// no plane holds it, and small beside the button. Judged by a picture whose colours say where they are.
import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";
import { encode, seen } from "../pages/encoded.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, type Box } from "../pages/overlay.ts";

const TITLE = "Nuthatch, head first";

/** That `box` shows just `region` of the picture. */
async function expectShown(page: Page, box: Box, region: Box): Promise<void> {
  const places = [[0.3, 0.3], [0.7, 0.3], [0.3, 0.7], [0.7, 0.7]] as const;
  const points = await seen(page, places.map(([u, v]) => ({ x: box.x + u * box.width, y: box.y + v * box.height })));
  for (const [index, [u, v]] of places.entries()) {
    const { x, y } = points[index]!;
    // As near as a pixel of the window tells.
    expect(Math.abs(x - (region.x + u * region.width)), `across at ${u}, ${v}`).toBeLessThan(Math.max(0.012, region.width / box.width));
    expect(Math.abs(y - (region.y + v * region.height)), `down at ${u}, ${v}`).toBeLessThan(Math.max(0.012, region.height / box.height));
  }
}

for (const { how, style, around = "" } of [
  { how: "as it is", style: "" },
  { how: "turned over twice", style: "transform: scaleY(-1)", around: "transform: scaleY(-1)" },
  { how: "with perspective of its own", style: "transform: perspective(500px) rotateY(40deg)" },
  { how: "turned in surroundings with perspective", style: "transform: rotateX(-40deg)", around: "perspective: 500px" },
  { how: "turned about its diagonal in perspective", style: "height: 400px; transform: rotate3d(1, -1, 0, 40deg)", around: "perspective: 500px" },
  { how: "on its head at the end of a path", style: "offset-path: path('M 0 0 L 100 0'); offset-rotate: 180deg" },
  { how: "inside a border in perspective", style: "border: 20px solid blue; border-radius: 40px; transform: perspective(500px) rotateY(-40deg)" },
]) {
  test(`what is selected is what is seen in the selection, on a picture ${how}`, async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    const picture = await gallery.show(TITLE);
    await picture.evaluate((element, around) => (element.parentElement!.style.cssText += `display: block; ${around}`), around);
    await encode(picture, style);
    await gallery.rest(picture, 600);
    const { overlay } = gallery;
    await expectShown(page, await overlay.box(), await overlay.region());
    const { x, y, width, height } = await boxOf(overlay.dialog.locator(".selection-overlay__stage"));
    await overlay.drag(x + width * 0.1, y + height * 0.15, width * 0.5, height * 0.6);
    const region = await overlay.region();
    expect(region.width).toBeCloseTo(0.5, 1);
    await expectShown(page, await overlay.box(), region);
  });
}

test("beside the button is just what will be sent", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  await encode(picture, "");
  await gallery.rest(picture, 600);
  const { overlay } = gallery;
  const preview = overlay.dialog.locator(".share-panel__preview");
  await expectShown(page, await boxOf(preview), await overlay.region());
  await overlay.dragHandle("north-west", -70, 40);
  await overlay.dragHandle("east", 60, 0);
  const [region, shown, selected] = [await overlay.region(), await boxOf(preview), await overlay.box()];
  await expectShown(page, shown, region);
  expect(shown.width / shown.height).toBeCloseTo(selected.width / selected.height, 1);
  expect(shown.height).toBeLessThanOrEqual(44);
  await overlay.selection.dblclick();
  await expectShown(page, await boxOf(preview), { x: 0, y: 0, width: 1, height: 1 });
});
