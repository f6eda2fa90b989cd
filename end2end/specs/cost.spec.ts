// What the overlay costs a page: nothing is left behind by opening and closing it, many pictures cost no more than few, and a
// drag keeps to the frames of the screen. Counted where it can be; times are of the build under test and of this
// machine, so only what no noise explains fails, and the rest is reported.
import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";
import { least, meterOf, type Spent } from "../pages/busy.ts";
import { dragToAndFro, expectSmooth, MOST_FORCED } from "../pages/drag.ts";
import { cycle, expectNone, growth, LATE, measured, settledFootprint, type Measured } from "../pages/footprint.ts";
import { GalleryPage } from "../pages/gallery.ts";
import type { Overlay } from "../pages/overlay.ts";
import { report } from "../pages/report.ts";

const TITLE = "Trail in the Picos de Europa";

// Recording costs what is measured here.
test.use({ trace: "off" });

/** A page of ours whose overlay is loaded. */
async function loaded(page: Page): Promise<Measured> {
  await page.goto("/");
  await page.locator("img").first().hover();
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
  return measured(page, new URL("/pkg/cutline.js", page.url()).href);
}

test("a thousand openings and closings leave nothing behind", async ({ page }) => {
  test.setTimeout(400_000);
  expectNone(await growth(await loaded(page)));
});

test("a listener that each cycle left behind would be seen", async ({ page }) => {
  const on = await loaded(page);
  await cycle(on, 50);
  const before = await settledFootprint(on);
  await cycle(on, 2 * LATE.listeners, { leak: true });
  const after = await settledFootprint(on);
  expect(after.listeners - before.listeners).toBeGreaterThan(LATE.listeners);
});

test("binding to 500 pictures costs what binding to ten costs", async ({ page }) => {
  type Module = Record<string, (island?: Element) => void> & { default: (options: object) => Promise<{ memory: WebAssembly.Memory }> };
  const bind = async (pictures: number) => {
    await page.goto("/");
    await page.evaluate(async (pictures) => {
      const main = document.querySelector("main")!;
      const all = Array.from({ length: pictures }, () => Object.assign(document.createElement("img"), { src: "/favicon.svg", width: 200, height: 150 }));
      main.replaceChildren(...all);
      await Promise.all(all.map((picture) => picture.decode()));
      const module = (await import(new URL("/pkg/cutline.js", location.href).href)) as Module;
      const { memory } = await module.default({ module_or_path: "/pkg/cutline.wasm" });
      Object.assign(window, { bound: { module, memory } });
    }, pictures);
    const measure = await meterOf(page);
    const idle = () => measure(() => page.evaluate(() => Promise.resolve()));
    const nothing = least([await idle(), await idle(), await idle()]);
    // Until it listens: that is begun in a task of its own.
    const all = await measure(() =>
      page.evaluate(async () => {
        const { module } = (window as unknown as { bound: { module: Module } }).bound;
        const listened = new Promise((resolve) => new MutationObserver(resolve).observe(document.documentElement, { attributeFilter: ["data-hydrated"] }));
        module["hydrate"]!();
        for (const island of document.querySelectorAll<HTMLElement>("leptos-island")) module[island.dataset["component"]!]!(island);
        await listened;
      }),
    );
    const wasmBytes = await page.evaluate(() => (window as unknown as { bound: { memory: WebAssembly.Memory } }).bound.memory.buffer.byteLength);
    return { ms: all.ms - nothing.ms, heapBytes: all.heapBytes, wasmBytes };
  };
  const [few, many]: (Spent & { wasmBytes: number })[][] = [[], []];
  for (let round = 0; round < 5; round++) {
    few!.push(await bind(10));
    many!.push(await bind(500));
  }
  const [ten, all] = [least(few!), least(many!)];
  report(
    ["binding to so many pictures of ours", "ms of the processor", "heap, bytes"],
    ["---", "--:", "--:"],
    ["10", ten.ms.toFixed(2), ten.heapBytes],
    ["500", all.ms.toFixed(2), all.heapBytes],
  );
  expect(many![0]!.wasmBytes).toBe(few![0]!.wasmBytes);
  expect(all.ms).toBeLessThan(ten.ms + 2);
  expect(all.ms).toBeLessThan(5);
  // Not so much as a word for each picture.
  expect(all.heapBytes - ten.heapBytes).toBeLessThan(490 * 50);
});

/** The overlay, opened on our gallery. */
async function opened(page: Page): Promise<Overlay> {
  const gallery = new GalleryPage(page);
  await page.goto("/");
  await gallery.opener(TITLE).click();
  await expect(gallery.overlay.dialog).toBeVisible();
  return gallery.overlay;
}

test("a drag keeps to the frames of the screen", async ({ page }) => {
  const overlay = await opened(page);
  expectSmooth(await dragToAndFro(page, overlay), "on our gallery");
});

test("a layout that each move forced would be seen", async ({ page }) => {
  const overlay = await opened(page);
  await page.evaluate(() =>
    addEventListener("pointermove", ({ clientX }) => {
      document.body.style.paddingBottom = `${clientX}px`;
      document.title = String(document.body.offsetHeight);
    }),
  );
  expect((await dragToAndFro(page, overlay)).forced.length).toBeGreaterThan(MOST_FORCED);
});
