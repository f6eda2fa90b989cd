// In a narrow window the panel lies along the bottom, and covers nothing that is said about the selection.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));

for (const width of [500, 700]) {
  test(`the size of what is selected stands clear of a panel along the bottom, in a window of ${width} pixels`, async ({ page, site, foreign }) => {
    site.origin.serve(DEMO);
    site.put("/", { body: '<img id="picture" src="/nuthatch.png" alt="A nuthatch" style="width: 100%; height: 660px; object-fit: cover">' });
    await page.setViewportSize({ width, height: 700 });
    await foreign.open(site.url);
    await foreign.rest(page.locator("#picture"));
    const { overlay } = foreign;
    const box = await overlay.box();
    await page.mouse.dblclick(box.x + box.width * 0.1, box.y + 20);
    await page.clock.runFor(100);
    const panel = await boxOf(overlay.dialog.locator(".share-panel"));
    expect((await overlay.box()).y + (await overlay.box()).height).toBeGreaterThan(panel.y + 50);
    const size = await boxOf(overlay.size);
    const isClear = size.y + size.height <= panel.y || size.x + size.width <= panel.x || size.x >= panel.x + panel.width;
    expect(isClear, JSON.stringify({ size, panel })).toBe(true);
  });
}
