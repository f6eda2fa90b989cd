// What comes up when a pointer rests on a picture keeps to WCAG 1.4.13, on our pages and on others', beside the picture and along the
// bottom: it can be dismissed where the pointer and the focus are, the pointer can go on it, and it stays as long as that is there.
import { fileURLToPath } from "node:url";

import type { Locator, Page } from "@playwright/test";

import { expect, type ForeignPage, type ForeignSite, test } from "../fixtures/embed.ts";
import { DWELL_MS, GalleryPage } from "../pages/gallery.ts";
import { type Box, boxOf, movePointer, type Overlay } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));

interface Ground {
  page: Page;
  site: ForeignSite;
  foreign: ForeignPage;
}

/** A picture on a page, and the way to rest on it. */
interface Arrived {
  overlay: Overlay;
  picture: Locator;
  dwell: () => Promise<unknown>;
}

const GROUNDS: Record<string, (ground: Ground) => Promise<Arrived>> = {
  "a page of our own": async ({ page }) => {
    const title = "Trail in the Picos de Europa";
    const gallery = new GalleryPage(page);
    await gallery.open();
    return { overlay: gallery.overlay, picture: gallery.picture(title), dwell: () => gallery.dwell(title) };
  },
  "a page of another site": async ({ page, site, foreign }) => {
    site.origin.serve(DEMO);
    site.put("/", { body: '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="300" height="200">' });
    await foreign.open(site.url);
    const picture = page.locator("#picture");
    return { overlay: foreign.overlay, picture, dwell: () => foreign.dwell(picture) };
  },
};

/** The way from the picture to the panel: points between the two, then one on it. */
function way(picture: Box, panel: Box, isDocked: boolean): { x: number; y: number }[] {
  const between = (from: number, to: number) => [0.3, 0.7].map((part) => from + (to - from) * part);
  if (isDocked) {
    const x = Math.max(picture.x, panel.x) + 60;
    const bottom = picture.y + picture.height;
    return [...(bottom < panel.y ? between(bottom, panel.y) : []), panel.y + 20].map((y) => ({ x, y }));
  }
  const y = Math.max(picture.y, panel.y) + 60;
  const right = picture.x + picture.width;
  const xs = panel.x >= right ? [...between(right, panel.x), panel.x + 20] : [...between(picture.x, panel.x + panel.width), panel.x + panel.width - 20];
  return xs.map((x) => ({ x, y }));
}

for (const [where, arrive] of Object.entries(GROUNDS)) {
  for (const [stands, width, height] of [["beside the picture", 1280, 800], ["along the bottom", 600, 900]] as const) {
    test.describe(`on ${where}, ${stands}`, () => {
      test.use({ viewport: { width, height } });

      test("it is dismissed by Escape while the focus is in a field of the page, and does not come again under a resting pointer", async ({ page, site, foreign }) => {
        const { overlay, dwell } = await arrive({ page, site, foreign });
        await page.evaluate(() => {
          const field = Object.assign(document.createElement("input"), { ariaLabel: "Search" });
          Object.assign(field.style, { position: "fixed", inset: "0 0 auto auto", width: "90px" });
          document.body.append(field);
        });
        const field = page.getByLabel("Search");
        await field.fill("Words");
        await field.focus();
        await dwell();
        await expect(field).toBeFocused();
        await page.keyboard.press("Escape");
        await expect(overlay.dialog).toHaveCount(0);
        await page.clock.runFor(5 * DWELL_MS);
        await expect(overlay.dialog).toHaveCount(0);
        await expect(field).toBeFocused();
        await expect(field).toHaveValue("Words");
      });

      test("the pointer takes its time to the panel, rests on it, and comes back", async ({ page, site, foreign }) => {
        const { overlay, picture, dwell } = await arrive({ page, site, foreign });
        await dwell();
        const docked = overlay.dialog.locator(".selection-overlay__panel--docked");
        await expect(docked).toHaveCount(stands === "along the bottom" ? 1 : 0);
        const isDocked = (await docked.count()) === 1;
        const points = way(await boxOf(picture), await boxOf(overlay.dialog.locator(".share-panel")), isDocked);
        const name = (await overlay.dialog.getAttribute("aria-label"))!;
        for (const { x, y } of [...points, ...points.toReversed()]) {
          await movePointer(page, x, y);
          await page.clock.runFor(2_000);
          await expect(overlay.dialog).toHaveAccessibleName(name);
        }
        await expect(overlay.dialog).not.toHaveAttribute("data-touched");
      });

      test("it stays as long as the pointer rests on the picture or on the panel, and goes when it has left both", async ({ page, site, foreign }) => {
        const { overlay, dwell } = await arrive({ page, site, foreign });
        await dwell();
        await page.clock.runFor(60_000);
        await expect(overlay.dialog).toBeVisible();
        const panel = await boxOf(overlay.dialog.locator(".share-panel"));
        await movePointer(page, panel.x + panel.width / 2, panel.y + 20);
        await page.clock.runFor(60_000);
        await expect(overlay.dialog).toBeVisible();
        await movePointer(page, 2, 2);
        await page.clock.runFor(2_000);
        await expect(overlay.dialog).toHaveCount(0);
      });
    });
  }
}
