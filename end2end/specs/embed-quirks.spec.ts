// Pages without a doctype: browsers draw them by older rules (quirks mode), in which the window's size is told elsewhere. And browsers
// without a top layer.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";
import { pageButton } from "../pages/openers.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

for (const [what, body] of [
  ["higher than the window", '<p style="height:3000px">Words</p>'],
  ["lower than the window", ""],
] as const) {
  test(`in a page ${what}, stage, panel and size stand as they do elsewhere, also when the window has another size`, async ({ page, site, foreign }) => {
    const picture = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="400" height="500">';
    site.origin.put("/", (_request, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(`<html lang="en"><head><meta charset="utf-8"><title>Old</title>${site.tag()}</head><body>${picture}${body}</body></html>`);
    });
    await page.setViewportSize({ width: 1000, height: 700 });
    await foreign.open(site.url);
    expect(await page.evaluate(() => document.compatMode)).toBe("BackCompat");
    const overlay = await foreign.dwell(page.locator("#picture"));
    await overlay.description.fill("Kept");
    const stage = overlay.dialog.locator(".selection-overlay__stage");
    const panel = overlay.dialog.locator(".share-panel");
    const within = async () => {
      const [box, { width, height }] = [await boxOf(panel), page.viewportSize()!];
      return box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
    };
    const picked = await boxOf(page.locator("#picture"));
    expect(await boxOf(stage)).toEqual(picked);
    // Right of the picture, where there is room.
    expect((await boxOf(panel)).x).toBeGreaterThan(picked.x + picked.width);
    expect(await within()).toBe(true);
    for (const size of [{ width: 700, height: 640 }, { width: 500, height: 600 }, { width: 1000, height: 700 }]) {
      await page.setViewportSize(size);
      await expect
        .poll(async () => {
          await page.clock.runFor(100);
          return within();
        })
        .toBe(true);
    }
    await expect.poll(async () => (await boxOf(panel)).x).toBeGreaterThan(picked.x + picked.width);
    await expect(overlay.description).toHaveValue("Kept");
  });
}

test("without popovers the overlay stands on its picture too, above the page, however far it is scrolled", async ({ page, site, foreign }) => {
  // As browsers are that know none: the attribute hides nothing there.
  await page.addInitScript(() => {
    delete (HTMLElement.prototype as Partial<HTMLElement>).showPopover;
    const { setAttribute } = Element.prototype;
    Element.prototype.setAttribute = function (name, value) {
      if (name !== "popover") setAttribute.call(this, name, value);
    };
  });
  const picture = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="400" height="500" style="position: relative; z-index: 1000">';
  site.put("/", { body: `<p style="height: 1500px">Words</p>${picture}<p style="height: 1500px">Words</p>` });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  expect(await page.evaluate(() => scrollY)).toBeGreaterThan(500);
  const stage = overlay.dialog.locator(".selection-overlay__stage");
  expect(await boxOf(stage)).toEqual(await boxOf(page.locator("#picture")));
  await overlay.dragHandle("east", 20, 0);
  await page.mouse.wheel(0, 100);
  await page.clock.runFor(100);
  await expect.poll(async () => (await boxOf(stage)).y - (await boxOf(page.locator("#picture"))).y).toBeCloseTo(0, 0);
  await overlay.share.click();
  await overlay.receipt();
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await page.keyboard.press("Shift+Tab");
  await expect(pageButton(page)).toBeFocused();
  await page.keyboard.press("Enter");
  const opener = page.getByRole("button", { name: "Share a part: A nuthatch" });
  await expect(opener).toBeFocused();
  const [button, box] = [await boxOf(opener), await boxOf(page.locator("#picture"))];
  expect(button.x).toBeGreaterThan(box.x);
  expect(button.y + button.height).toBeLessThanOrEqual(box.y + box.height);
  expect(button.y).toBeGreaterThan(box.y);
});
