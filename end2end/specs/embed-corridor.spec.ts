// Between picture and panel: the pointer may take its time on the way (WCAG 1.4.13), and what it rests on instead opens in turn.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

for (const [where, width, height] of [
  ["beside the picture", 1280, 800],
  ["along the bottom of a narrow window", 600, 900],
] as const) {
  test(`an untouched overlay stays while the pointer is on its way to a panel ${where}, and goes when it has left that`, async ({ page, site, foreign }) => {
    site.put("/", { body: '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="240" height="160">' });
    await page.setViewportSize({ width, height });
    await foreign.open(site.url);
    const overlay = await foreign.dwell(page.locator("#picture"));
    const [picture, panel] = [await boxOf(page.locator("#picture")), await boxOf(overlay.dialog.locator(".share-panel"))];
    const isBeside = panel.x > picture.x + picture.width;
    expect(isBeside).toBe(width === 1280);
    const [from, to] = isBeside
      ? [{ x: picture.x + picture.width, y: picture.y + 80 }, { x: panel.x, y: panel.y + 100 }]
      : [{ x: picture.x + 200, y: picture.y + picture.height }, { x: panel.x + 300, y: panel.y }];
    for (const part of [0.3, 0.5, 0.9]) {
      await page.mouse.move(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
      await page.clock.runFor(2_000);
      await expect(overlay.dialog).toBeVisible();
    }
    await page.mouse.move(to.x + 20, to.y + 20);
    await page.clock.runFor(2_000);
    await expect(overlay.dialog).toBeVisible();
    await page.mouse.move(from.x + (to.x - from.x) * 0.5, from.y + (to.y - from.y) * 0.5);
    await page.clock.runFor(2_000);
    await expect(overlay.dialog).toBeVisible();
    // Out of it, on the same element of the page.
    const [x, y] = isBeside ? [picture.x + 100, 780] : [590, 100];
    await page.mouse.move(x!, y!);
    await page.clock.runFor(399);
    await expect(overlay.dialog).toBeVisible();
    await page.clock.runFor(1);
    await expect(overlay.dialog).toHaveCount(0);
  });
}

test("with a short dwell, each picture that the pointer rests on opens in turn", async ({ page, site, foreign }) => {
  const picture = (name: string) => `<img id="${name}" src="/nuthatch.png" alt="${name}" width="200" style="display: block; margin-top: 20px">`;
  site.put("/", { body: ["one", "two", "three"].map(picture).join(""), attributes: 'data-dwell="300"' });
  await foreign.open(site.url);
  for (const name of ["one", "two", "three"]) {
    await foreign.rest(page.locator(`#${name}`), 300);
    await expect(foreign.overlay.dialog).toHaveAccessibleName(`Share a part of: ${name}`);
  }
});

test("a picture that could not open while another was worked on opens afterwards, when the pointer moves on it", async ({ page, site, foreign }) => {
  site.put("/", { body: '<img id="one" src="/nuthatch.png" alt="one" width="300"><img id="two" src="/nuthatch.png" alt="two" width="300" style="margin-left: 380px">' });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#one"));
  await overlay.description.fill("At work");
  const two = await boxOf(page.locator("#two"));
  const [x, y] = [two.x + two.width - 30, two.y + 40];
  await page.mouse.move(x, y, { steps: 3 });
  await page.clock.runFor(3_000);
  await expect(overlay.dialog).toHaveAccessibleName("Share a part of: one");
  await overlay.close.press("Enter");
  await expect(overlay.dialog).toHaveCount(0);
  await page.mouse.move(x + 10, y + 10, { steps: 3 });
  await page.clock.runFor(600);
  await expect(overlay.dialog).toHaveAccessibleName("Share a part of: two");
});
