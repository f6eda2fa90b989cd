// What is selected is what the visitor sees, in whatever way the page lays the picture out: thousands of layouts, thrown
// by dice, in which a selection is drawn from one point to another; what the overlay says of it is compared with the
// pixels that a screenshot showed at these points. No mathematics is shared: pictures whose colours are coordinates judge.
import type { Page } from "@playwright/test";

import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";
import { Overlay } from "../pages/overlay.ts";
import { CELLS, dice, layOut, look, throwLayout, WINDOW, type LaidOut, type Layout, type Sight, type Stretch } from "../pages/layouts.ts";
import { report } from "../pages/report.ts";

/** What stands around all pictures of a page; half of the pages are plain. */
const SURROUNDINGS = [
  { html: "", body: "" },
  { html: "", body: "" },
  { html: "", body: "zoom: 0.8" },
  { html: "zoom: 1.25", body: "" },
  { html: "direction: rtl", body: "width: 2600px; height: 2000px" },
  { html: "", body: "position: relative; left: 7px; top: 11px; transform: translate(3px, 5px)" },
];

interface Drawn {
  /** `xywh=percent:...`, or why there is none. */
  region: string;
  /** Natural size. */
  width: number;
  height: number;
  stretch: Stretch;
}

/** Opens the overlay on each picture and draws from the first of its points to the second. */
async function drawAll(page: Page, layouts: Layout[], sights: ([Sight, Sight] | undefined)[]): Promise<(Drawn | undefined)[]> {
  return page.evaluate(
    async ({ layouts, sights }) => {
      const { laidOut: pictures, stretchOf } = window as unknown as LaidOut;
      const settled = () => new Promise((resolve) => setTimeout(resolve));
      const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      const drawn: (Drawn | undefined)[] = [];
      for (const [number, picture] of pictures.entries()) {
        const pair = sights[number];
        if (pair === undefined) {
          drawn.push(undefined);
          continue;
        }
        const { css, before } = layouts[number]!;
        const style = (css: string) => (picture.style.cssText = `${css}; image-rendering: pixelated;`);
        // What is scrolled is scrolled back by a picture that gets smaller.
        const scrolled: [Element, number, number][] = [];
        for (let around: Element | null = picture; around !== null; ) {
          scrolled.push([around, around.scrollLeft, around.scrollTop]);
          around = around.parentNode instanceof ShadowRoot ? around.parentNode.host : around.parentElement;
        }
        if (before !== undefined) style(before);
        // A pointer comes to rest on it; again, from elsewhere, when what was scrolled before has only now been told to the page.
        const move = (on: Element, x: number, y: number) =>
          on.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y, pointerType: "mouse", button: -1, bubbles: true, composed: true }));
        for (let turn = 0; turn < 50 && document.querySelector("[role=dialog]") === null; turn++) {
          move(document.body, -10, -10);
          move(picture, pair[0].x, pair[0].y);
          await settled();
        }
        if (before !== undefined) {
          style(css);
          for (const [element, left, top] of scrolled) element.scrollTo(left, top);
          await frame();
        }
        const dialog = document.querySelector<HTMLElement>("[role=dialog]");
        const stage = dialog?.querySelector(".selection-overlay__stage");
        if (dialog === null || stage == null) {
          drawn.push({ region: "no overlay", width: 0, height: 0, stretch: { column: 1, row: 1 } });
          continue;
        }
        // To the stage and not to whatever lies there: the selection that stands in its middle would be moved instead.
        const point = (type: string, { x, y }: Sight, buttons: number) =>
          stage.dispatchEvent(
            new PointerEvent(type, { clientX: x, clientY: y, buttons, button: type === "pointermove" ? -1 : 0, pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true }),
          );
        point("pointerdown", pair[0], 1);
        point("pointermove", pair[1], 1);
        point("pointerup", pair[1], 0);
        await settled();
        drawn.push({ region: dialog.dataset["region"] ?? "", width: picture.naturalWidth, height: picture.naturalHeight, stretch: stretchOf(picture) });
        dialog.querySelector<HTMLElement>(".share-panel__close")!.click();
        await settled();
      }
      return drawn;
    },
    { layouts, sights },
  );
}

/** How far the selection's edges are from the pixels that were seen, as a multiple of what they may be: `slack` pixels of
 * the screen, and half of one of the original, since the pixel was seen somewhere in it; at least one of the original. Grains are the
 * same all over a picture, and counted in whole pixels at either point: the larger count is nearer. */
function distance({ region, width, height }: Drawn, [one, other]: [Sight, Sight], slack: Stretch): number {
  const [x, y, w, h] = region.replace("xywh=percent:", "").split(",").map((part) => Number(part) / 100);
  const apart = (start: number, extent: number, pixels: number, axis: "column" | "row") => {
    const [first, last] = one[axis].at < other[axis].at ? [one[axis], other[axis]] : [other[axis], one[axis]];
    const room = Math.max(1, 0.5 + slack[axis] * Math.max(first.grain, last.grain));
    const off = (edge: number, seen: { at: number }) => Math.abs(edge * pixels - (seen.at + 0.5)) / room;
    return Math.max(off(start, first), off(start + extent, last));
  };
  return Math.max(apart(x!, w!, width, "column"), apart(y!, h!, height, "row"));
}

/** The bar, which nineteen in twenty must be within: half a pixel of CSS, in pixels of the screen. What is painted begins at whole pixels
 * of CSS here, also where the screen has three to one. */
function bar(ratio: number): Stretch {
  return { column: ratio / 2, row: ratio / 2 };
}

/** What a browser may be off by itself, at worst, in pixels of the screen. */
function worst({ stretch }: Drawn, ratio: number, layers: number): Stretch {
  const on = (axis: keyof Stretch) => 0.75 * layers * ratio * Math.max(1, stretch[axis]);
  return { column: on("column"), row: on("row") };
}

/** The value that so great a share of `values` does not exceed. */
function quantile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN;
}

/** In words, how many were judged, and how far half, nineteen in twenty and all of them are from the bar. */
function told(offs: number[], wrong: string[]): string {
  const [half, most, all] = [0.5, 0.95, 1].map((share) => quantile(offs, share).toFixed(2));
  return `${offs.length} layouts judged, ${wrong.length} wrong; half within ${half} of the bar, 95 % within ${most}, all within ${all}`;
}

/** Pictures react at once, however small the layout makes them. */
const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({}, use) => {
      const cutline = await startCutline({ config: "[overlay]\ndwell_ms = 0\nmin_width = 1\nmin_height = 1\n" });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

/** Of all dice together some 8,000 layouts, of which nearly two in three can be judged. */
const PAGES = 62;
/** So many must be, the same number by each dice. */
const LEAST_JUDGED = 5_000;

// Recording thousands of layouts takes the time.
test.use({ trace: "off" });
test.describe.configure({ mode: "parallel" });

const DICE = [
  { ratio: 1, depth: false, seed: 1 },
  { ratio: 1, depth: false, seed: 2 },
  { ratio: 1, depth: false, seed: 3 },
  { ratio: 1, depth: false, seed: 4 },
  { ratio: 1, depth: false, seed: 5 },
  { ratio: 1, depth: false, seed: 6 },
  { ratio: 2, depth: false, seed: 7 },
  { ratio: 1.5, depth: false, seed: 8 },
  { ratio: 3, depth: false, seed: 11 },
  { ratio: 1, depth: true, seed: 9 },
  { ratio: 1, depth: true, seed: 10 },
];

for (const { ratio, depth, seed } of DICE) {
  // Half a pixel of CSS is what the browser moves a picture by so that it begins at a whole one, a quarter is for what zoomed
  // lengths and inner boxes are rounded to before; transforms that stretch come after that. What is turned in space, or scrolls on a screen of one and a half pixels, is painted on a layer of
  // its own, which is moved once more.
  const layers = depth || ratio % 1 !== 0 ? 2 : 1;

  test.describe(`with ${ratio} pixels of the screen to one of CSS${depth ? ", turned in space" : ""}, dice ${seed}`, () => {
    test.use({ viewport: WINDOW, deviceScaleFactor: ratio });

    test(`a selection is where it was drawn in ${PAGES * CELLS} layouts`, async ({ page }) => {
      test.setTimeout(600_000);
      await page.goto("/");
      // A pointer on a picture brings the overlay. Not a real one: it would rest on a picture of each page that follows, and
      // the shadow of what it opens would be in the screenshots.
      await page.locator("img").first().dispatchEvent("pointerover", { pointerType: "mouse" });
      await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
      const roll = dice(seed);
      const wrong: string[] = [];
      const offs: number[] = [];
      for (let number = 0; number < PAGES; number++) {
        const surroundings = SURROUNDINGS[number % SURROUNDINGS.length]!;
        const layouts = Array.from({ length: CELLS }, () => throwLayout(roll, depth));
        await layOut(page, layouts, surroundings);
        const sights = await look(page, roll);
        const drawn = await drawAll(page, layouts, sights);
        for (const [index, one] of drawn.entries()) {
          const pair = sights[index];
          if (one === undefined || pair === undefined) continue;
          offs.push(distance(one, pair, bar(ratio)));
          const off = distance(one, pair, worst(one, ratio, layers));
          if (!(off <= 1)) {
            wrong.push(`${off.toFixed(2)}: ${one.region} for ${JSON.stringify(pair)} in ${JSON.stringify({ ...layouts[index], surroundings })}`);
          }
        }
      }
      const judged = offs.length;
      test.info().annotations.push({ type: "judged", description: told(offs, wrong) });
      report([`dice ${seed}`, told(offs, wrong)]);
      expect(wrong, `${wrong.length} of ${judged}`).toEqual([]);
      expect(quantile(offs, 0.95)).toBeLessThanOrEqual(1);
      // Pictures that lie out of their cell cannot be judged.
      expect(judged * DICE.length).toBeGreaterThanOrEqual(LEAST_JUDGED);
    });
  });
}

test.describe("with a real pointer", () => {
  test.use({ viewport: WINDOW });

  test("a drag selects what lies between its ends, and so does one more by the corner's handle, however the picture lies", async ({ page }) => {
    test.setTimeout(600_000);
    await page.goto("/");
    await page.locator("img").first().dispatchEvent("pointerover", { pointerType: "mouse" });
    await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
    const roll = dice(12);
    const overlay = new Overlay(page);
    const { mouse } = page;
    const wrong: string[] = [];
    const offs: number[] = [];
    let byHandle = 0;
    for (let number = 0; number < 12; number++) {
      const layouts = Array.from({ length: CELLS }, () => throwLayout(roll, false));
      await layOut(page, layouts, { html: "", body: "" });
      const sights = await look(page, roll);
      for (const [index, pair] of sights.entries()) {
        if (pair === undefined) continue;
        await mouse.move(pair[0].x, pair[0].y);
        await expect(overlay.dialog).toBeVisible();
        // Where a press begins a new selection; on what stands there at first it would move or resize that.
        const lies = (...places: { x: number; y: number }[]) =>
          page.evaluate(
            (places) => places.map(({ x, y }) => {
              const there = document.elementFromPoint(x, y);
              const grip = there?.closest(".selection-overlay__handle, .selection-overlay__selection, .selection-overlay__stage");
              return grip?.className ?? "";
            }),
            places,
          );
        const isStage = (there: string) => there.includes("selection-overlay__stage");
        const [one, other] = await lies(...pair);
        const ends = isStage(one!) ? pair : isStage(other!) ? ([pair[1], pair[0]] as const) : undefined;
        let isDrawn = ends !== undefined;
        if (ends !== undefined) {
          const [from, to] = ends;
          const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
          await mouse.move(from.x, from.y);
          await mouse.down();
          await mouse.move(middle.x, middle.y);
          // Every other one is let go half way, and its corner taken up again by the handle; not where half of it is too small to select.
          const [across, down] = [to.column.at - from.column.at, to.row.at - from.row.at];
          if (index % 2 === 1 && Math.abs(across) > 32 && Math.abs(down) > 32) {
            await mouse.up();
            const corner = `${down < 0 ? "north" : "south"}-${across < 0 ? "west" : "east"}`;
            isDrawn = (await lies(middle))[0]!.includes(`handle--${corner}`);
            if (isDrawn) {
              byHandle++;
              await mouse.down();
            }
          }
          await mouse.move(to.x, to.y);
          await mouse.up();
        }
        if (isDrawn) {
          const drawn = await page.evaluate((index) => {
            const { laidOut, stretchOf } = window as unknown as LaidOut;
            const picture = laidOut[index]!;
            const region = document.querySelector<HTMLElement>("[data-region]")!.dataset["region"]!;
            return { region, width: picture.naturalWidth, height: picture.naturalHeight, stretch: stretchOf(picture) };
          }, index);
          offs.push(distance(drawn, pair, bar(1)));
          const off = distance(drawn, pair, worst(drawn, 1, 1));
          if (!(off <= 1)) wrong.push(`${off.toFixed(2)}: ${drawn.region} for ${JSON.stringify(pair)} in ${JSON.stringify(layouts[index])}`);
        }
        // Out of the window first: what the pointer is on reacts at once here.
        await mouse.move(-10, -10);
        await page.keyboard.press("Escape");
        await expect(overlay.dialog).toHaveCount(0);
      }
    }
    report(["real drags", `${told(offs, wrong)}; ${byHandle} by a handle`]);
    expect(wrong).toEqual([]);
    expect(quantile(offs, 0.95)).toBeLessThanOrEqual(1);
    expect(offs.length).toBeGreaterThan(60);
    expect(byHandle).toBeGreaterThan(20);
  });
});
