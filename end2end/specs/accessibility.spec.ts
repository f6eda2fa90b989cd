// axe finds nothing to complain about in any state of the overlay: WCAG 2.0 to 2.2 at A and AA, with the rule for the size
// of targets, which axe leaves off by default; in light, dark and forced colours, in three languages, on a narrow window,
// with text twice as large. What axe cannot see (1.4.13, 2.5.7) has specs of its own: dwell.spec.ts and tools.spec.ts.
import type { Page } from "@playwright/test";

import { COLOURS, expectNoViolations, expectNoViolationsOnTheWay } from "../fixtures/axe.ts";
import { expect, test } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, Overlay } from "../pages/overlay.ts";
import { WORDING } from "../pages/wording.ts";

const TITLE = "Trail in the Picos de Europa";

async function walkThrough(page: Page, gallery: GalleryPage, name: string): Promise<Overlay> {
  const overlay = await gallery.dwell(TITLE);
  await expectNoViolationsOnTheWay(page, overlay, name);
  return overlay;
}

/** By how many pixels what is in the panel is wider than it: in the part that scrolls, where the panel itself would not tell. */
const overflow = (overlay: Overlay): Promise<number> =>
  overlay.dialog.locator(".share-panel__body").evaluate((body) => body.scrollWidth - body.clientWidth);

for (const scheme of ["light", "dark"] as const) {
  test(`axe has nothing to say of the overlay in ${scheme} colours`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const gallery = new GalleryPage(page);
    await gallery.open();
    await expectNoViolations(page, "the gallery at rest");
    await walkThrough(page, gallery, scheme);
  });
}

test("axe has nothing to say of the overlay in forced colours, and what is selected is seen in them", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const outline = await overlay.selection.evaluate((element) => getComputedStyle(element).outlineStyle);
  expect(outline).toBe("solid");
  // Of what is chosen, only the focus has an outline.
  const target = overlay.dialog.locator(".target-list__target");
  await expect(target.getByRole("checkbox")).toBeChecked();
  await expect(target).toHaveCSS("outline-style", "none");
  await overlay.alt.focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(target.getByRole("checkbox")).toBeFocused();
  await expect(target).toHaveCSS("outline-style", "solid");
  await page.keyboard.press("Escape");
  await gallery.moveTo(1, 1);
  await walkThrough(page, gallery, "forced colours");
});

for (const [language, direction] of [["zh-Hans", "ltr"], ["ar", "rtl"]] as const) {
  test(`axe has nothing to say of the overlay in ${language}`, async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open(`/?lang=${language.slice(0, 2)}`);
    const overlay = await walkThrough(page, gallery, language);
    await expect(overlay.dialog).toHaveAttribute("lang", language);
    await expect(overlay.dialog).toHaveAttribute("dir", direction);
  });
}

test.describe("320 pixels wide", () => {
  test.use({ viewport: { width: 320, height: 640 } });

  test("nothing is cut off and axe has nothing to say", async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    await gallery.show(TITLE);
    await gallery.opener(TITLE).click();
    const { overlay } = gallery;
    await expect(overlay.dialog).toBeVisible();
    await overlay.openTools();
    await expectNoViolations(page, "320 pixels wide");
    expect(await overflow(overlay)).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    expect(await overflow(overlay), "with text twice as large").toBe(0);
  });
});

test.describe("at 400 %, where a window of 1280 by 720 has 320 by 180", () => {
  test.use({ viewport: { width: 320, height: 180 } });

  test("all of the panel can be scrolled to, and a part shared", async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    await gallery.show(TITLE);
    await gallery.opener(TITLE).press("Enter");
    const { overlay } = gallery;
    await overlay.description.fill("Large letters");
    for (const control of [overlay.description, overlay.share]) {
      await control.scrollIntoViewIfNeeded();
      const { y, height } = await boxOf(control);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + height).toBeLessThanOrEqual(180.5);
    }
    await overlay.share.click();
    await expect(overlay.delivery("Board")).toContainText("posted");
  });
});

const FILLING = "position: fixed; z-index: 1; left: 0; top: 0; width: 100vw; max-width: none; height: 100vh; object-fit: cover";

/** Where the panel is. */
const panelOf = (overlay: Overlay) => boxOf(overlay.dialog.locator(".share-panel"));

/** Goes through the handles by Tab: each is on the window, and none behind the panel. */
async function expectHandlesClear(page: Page, overlay: Overlay): Promise<void> {
  await overlay.selection.focus();
  await page.clock.runFor(100);
  const window = page.viewportSize()!;
  const panel = await panelOf(overlay);
  const apart: { x: number; y: number }[] = [];
  for (let handle = 0; handle < 8; handle++) {
    await page.keyboard.press("Tab");
    await page.clock.runFor(100);
    const focused = page.locator(":focus");
    const box = await boxOf(focused);
    const name = `${await focused.getAttribute("aria-label")}: ${JSON.stringify({ box, panel })}`;
    expect(Math.min(box.x, box.y), name).toBeGreaterThanOrEqual(-0.5);
    expect(box.x + box.width, name).toBeLessThanOrEqual(window.width + 0.5);
    expect(box.y + box.height, name).toBeLessThanOrEqual(window.height + 0.5);
    const across = Math.min(box.x + box.width, panel.x + panel.width) - Math.max(box.x, panel.x);
    const down = Math.min(box.y + box.height, panel.y + panel.height) - Math.max(box.y, panel.y);
    expect(Math.min(across, down), name).toBeLessThanOrEqual(0.5);
    // Those for keys alone may lie on others.
    if ((await focused.getAttribute("class"))!.includes("--crowded")) continue;
    for (const { x, y } of apart) expect(Math.max(Math.abs(box.x - x), Math.abs(box.y - y)), name).toBeGreaterThan(20);
    apart.push(box);
  }
  expect(apart.length).toBeGreaterThanOrEqual(4);
}

for (const { where, viewport, css } of [
  { where: "on a screen that the panel takes most of", viewport: { width: 360, height: 640 }, css: "width: 100%; height: 520px; object-fit: cover" },
  { where: "on a picture that fills a wide window", viewport: { width: 1280, height: 720 }, css: FILLING },
]) {
  test.describe(where, () => {
    test.use({ viewport });

    test("what the focus is on is not behind the panel", async ({ page }) => {
      const gallery = new GalleryPage(page);
      await gallery.open();
      const picture = await gallery.show(TITLE);
      await picture.evaluate((element, css) => (element.style.cssText = css), css);
      await gallery.opener(TITLE).press("Enter");
      const { overlay } = gallery;
      await expectHandlesClear(page, overlay);
      await overlay.selection.dblclick({ position: { x: 100, y: 20 } });
      const { width, height } = await overlay.region();
      expect(Math.max(width, height)).toBe(1);
      await expectHandlesClear(page, overlay);
    });
  });
}

test("a docked panel is at the side where it covers less of what is selected, and stays there", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await (await gallery.show(TITLE)).evaluate((element, css) => (element.style.cssText = css), FILLING);
  await gallery.opener(TITLE).press("Enter");
  const { overlay } = gallery;
  const right = await panelOf(overlay);
  expect(right.x + right.width).toBeCloseTo(1280 - 12, 0);
  await overlay.selection.press("Control+ArrowRight");
  await page.clock.runFor(100);
  expect((await panelOf(overlay)).x).toBe(right.x);
  await expectHandlesClear(page, overlay);
  // The selection is kept.
  await overlay.close.click();
  await gallery.opener(TITLE).press("Enter");
  expect((await panelOf(overlay)).x).toBeCloseTo(12, 0);
  expect((await overlay.box()).x).toBeCloseTo(640, 0);
  await expectHandlesClear(page, overlay);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 640 } });

  test("all of a picture at the end of the page can be seen above the panel", async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    await gallery.show(TITLE);
    const figure = gallery.picture(TITLE).locator("xpath=ancestor::figure");
    await figure.evaluate((figure) => {
      figure.append(figure.querySelector("img")!);
      figure.style.margin = document.body.style.margin = "0";
      document.body.append(figure);
    });
    await gallery.opener(TITLE).press("Enter");
    const { overlay } = gallery;
    const panel = await panelOf(overlay);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.clock.runFor(100);
    const picture = await boxOf(gallery.picture(TITLE));
    expect(picture.y + picture.height).toBeLessThanOrEqual(panel.y);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    await overlay.close.click();
    // The page is as long as it was.
    const { y, height } = await boxOf(gallery.picture(TITLE));
    expect(y + height).toBeCloseTo(640, -1);
  });

  for (const [colours, media] of Object.entries(COLOURS)) {
    test(`axe has nothing to say of a folded panel in ${colours} colours`, async ({ page }) => {
      await page.emulateMedia(media);
      const gallery = new GalleryPage(page);
      await gallery.open();
      await gallery.opener(TITLE).press("Enter");
      await gallery.overlay.fold.press("Enter");
      await expect(gallery.overlay.description).toBeHidden();
      await expectNoViolations(page, `folded, ${colours}`);
    });
  }

  for (const language of ["en", "zh", "ar"] as const) {
    test(`a docked panel is folded to its head and the way on, by keys, in ${language}`, async ({ page }) => {
      const gallery = new GalleryPage(page);
      await gallery.open(`/?lang=${language}`);
      await gallery.show(TITLE);
      await gallery.picture(TITLE).locator("xpath=ancestor::figure").locator("[data-cutline-open]").press("Enter");
      const overlay = new Overlay(page, WORDING[language]);
      const unfolded = await panelOf(overlay);
      await expect(overlay.fold).toHaveAttribute("aria-expanded", "true");
      await overlay.close.focus();
      await page.keyboard.press("Shift+Tab");
      await expect(overlay.fold).toBeFocused();
      const { width, height } = await boxOf(overlay.fold);
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
      await page.keyboard.press("Enter");
      await expect(overlay.fold).toHaveAttribute("aria-expanded", "false");
      await expect(overlay.fold).toBeFocused();
      await expect(overlay.description).toBeHidden();
      await expect(overlay.close).toBeInViewport({ ratio: 1 });
      await expect(overlay.share).toBeInViewport({ ratio: 1 });
      const folded = await panelOf(overlay);
      expect(folded.height).toBeLessThan(unfolded.height / 2);
      expect(folded.y + folded.height).toBeCloseTo(640, 0);
      await expectHandlesClear(page, overlay);

      // What is missing is shown, and what came of it.
      await overlay.fold.press("Space");
      await overlay.dialog.getByRole("checkbox").first().uncheck();
      await overlay.fold.press("Space");
      await overlay.share.press("Enter");
      await expect(overlay.dialog.getByRole("checkbox").first()).toBeFocused();
      await overlay.dialog.getByRole("checkbox").first().check();
      await overlay.fold.press("Space");
      await overlay.share.press("Enter");
      await expect(await overlay.receipt()).toBeInViewport({ ratio: 1 });
    });
  }
});

test("beside a picture the panel is not folded", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  await expect(overlay.close).toBeVisible();
  await expect(overlay.fold).toBeHidden();
});

test("with text twice as large everything is still there to be used", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
  const overlay = await gallery.dwell(TITLE);
  await overlay.openTools();
  expect(await overflow(overlay)).toBe(0);
  await overlay.share.click();
  await expect(overlay.delivery("Board")).toContainText("posted");
});

test("every field's border is seen: three to one against what is around it", async ({ page }) => {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    const gallery = new GalleryPage(page);
    await gallery.open();
    const overlay = await gallery.dwell(TITLE);
    await overlay.openTools();
    const contrasts = await overlay.dialog.locator("textarea, select, input[type=number], .target-list__target:not(:has(:checked))").evaluateAll((fields) => {
      const luminance = (color: string) => {
        const [red, green, blue] = color.match(/[\d.]+/g)!.map((part) => Number(part) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
      };
      const surface = luminance(getComputedStyle(fields[0]!.closest(".share-panel")!).backgroundColor);
      return fields.map((field) => {
        const border = luminance(getComputedStyle(field).borderTopColor);
        return [field.localName, (Math.max(border, surface) + 0.05) / (Math.min(border, surface) + 0.05)] as const;
      });
    });
    expect(contrasts.length).toBeGreaterThan(6);
    for (const [field, contrast] of contrasts) expect(contrast, `${scheme}: ${field}`).toBeGreaterThanOrEqual(3);
    await overlay.close.click();
  }
});

test("without motion for those who asked for none", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const moving = await overlay.dialog.evaluate((dialog) =>
    [dialog, ...dialog.querySelectorAll("*")].filter((element) => {
      const { animationName, animationDuration, transitionDuration } = getComputedStyle(element);
      return (animationName !== "none" && animationDuration !== "0s") || transitionDuration.split(",").some((length) => parseFloat(length) > 0);
    }).length,
  );
  expect(moving).toBe(0);
});

test("every handle can be hit by a finger also at the edge of the window", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  await picture.evaluate((element) => (element.style.cssText = "position: fixed; left: 0; top: 0; width: 100vw; height: 60vh; z-index: 1"));
  const overlay = await gallery.dwell(TITLE);
  await overlay.selection.dblclick();
  const window = page.viewportSize()!;
  for (const corner of ["north-west", "north-east", "south-west"] as const) {
    const box = (await overlay.handle(corner).boundingBox())!;
    expect(box.x, corner).toBeGreaterThanOrEqual(0);
    expect(box.y, corner).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width, corner).toBeLessThanOrEqual(window.width);
    expect(box.width).toBeCloseTo(44, 0);
  }
});
