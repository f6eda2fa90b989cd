// What the overlay costs a page: nothing is left behind by opening and closing it, many pictures cost no more than few, and a
// drag keeps to the frames of the screen. Counted where it can be; times are of the build under test and of this
// machine, so only what no noise explains fails, and the rest is reported.
import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";
import { cycle, expectNone, growth, LATE, measured, settledFootprint, type Measured } from "../pages/footprint.ts";
import { GalleryPage } from "../pages/gallery.ts";

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
  const bind = async (pictures: number) => {
    await page.goto("/");
    return page.evaluate(async (pictures) => {
      const main = document.querySelector("main")!;
      main.replaceChildren(
        ...Array.from({ length: pictures }, () => Object.assign(document.createElement("img"), { src: "/favicon.svg", width: 200, height: 150 })),
      );
      const module = (await import(new URL("/pkg/cutline.js", location.href).href)) as Record<string, (island?: Element) => void> & {
        default: (options: object) => Promise<{ memory: WebAssembly.Memory }>;
      };
      const { memory } = await module.default({ module_or_path: "/pkg/cutline.wasm" });
      const listened = new Promise((resolve) => new MutationObserver(resolve).observe(document.documentElement, { attributeFilter: ["data-hydrated"] }));
      const start = performance.now();
      module["hydrate"]!();
      for (const island of document.querySelectorAll<HTMLElement>("leptos-island")) module[island.dataset["component"]!]!(island);
      const busy = performance.now() - start;
      await listened;
      return { ms: busy, wasmBytes: memory.buffer.byteLength };
    }, pictures);
  };
  const [few, many]: { ms: number; wasmBytes: number }[][] = [[], []];
  for (let round = 0; round < 5; round++) {
    few!.push(await bind(10));
    many!.push(await bind(500));
  }
  const least = (of: { ms: number }[]) => Math.min(...of.map(({ ms }) => ms));
  console.log(`binding: ${least(few!).toFixed(2)} ms of the main thread with 10 pictures, ${least(many!).toFixed(2)} ms with 500`);
  expect(many![0]!.wasmBytes).toBe(few![0]!.wasmBytes);
  expect(least(many!)).toBeLessThan(least(few!) * 2 + 2);
  // A millisecond, usually.
  expect(least(many!)).toBeLessThan(25);
});

test("a drag keeps to the frames of the screen", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await page.goto("/");
  await gallery.opener(TITLE).click();
  await expect(gallery.overlay.dialog).toBeVisible();
  const box = await gallery.overlay.box();
  const browser = await page.context().newCDPSession(page);
  const events: { name: string; pid: number; tid: number; ts: number; dur?: number; tdur?: number }[] = [];
  browser.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as typeof events)));
  const complete = new Promise((resolve) => browser.once("Tracing.tracingComplete", resolve));
  const client = browser as unknown as { send(method: string, options?: object): Promise<void> };
  await client.send("Tracing.start", { categories: "devtools.timeline,toplevel,disabled-by-default-devtools.timeline", transferMode: "ReportEvents" });
  await page.mouse.move(box.x + box.width, box.y + box.height);
  await page.mouse.down();
  const MOVES = 120;
  for (let move = 1; move <= MOVES; move++) {
    await page.mouse.move(box.x + box.width - Math.abs(60 - move), box.y + box.height - Math.abs(60 - move) / 2);
  }
  await page.mouse.up();
  await client.send("Tracing.end");
  await complete;
  const durations = (name: string) => events.filter((event) => event.name === name && event.dur !== undefined).map((event) => event.dur! / 1000).sort((a, b) => a - b);
  const moves = durations("EventDispatch").filter((ms) => ms > 0);
  // What the main thread did at once for a move: its listeners and all that the browser does before the next task. In time of
  // the processor, which others on the machine do not take from.
  const dispatched = events.filter((event) => event.name === "EventDispatch" && (event.dur ?? 0) > 0);
  const tasks = events
    .filter(({ name, pid, tid, ts, dur = 0 }) => name.endsWith("RunTask") && dispatched.some((event) => event.pid === pid && event.tid === tid && event.ts >= ts && event.ts < ts + dur))
    .map(({ tdur = NaN }) => tdur / 1000)
    .sort((a, b) => a - b);
  const layouts = durations("Layout");
  const at = (sorted: number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const frames = durations("Paint").length === 0 ? MOVES : events.filter((event) => event.name === "BeginMainThreadFrame").length || MOVES;
  const row = (what: string, sorted: number[]) => `| ${what} | ${sorted.length} | ${at(sorted, 0.5).toFixed(2)} | ${at(sorted, 0.95).toFixed(2)} | ${at(sorted, 1).toFixed(2)} |`;
  console.log(
    [`| a drag of ${MOVES} moves, ${frames} frames; ms | number | median | p95 | longest |`, "|---|--:|--:|--:|--:|", row("event", moves), row("task with an event", tasks), row("layout", layouts)].join("\n"),
  );
  expect(moves.length).toBeGreaterThan(MOVES / 2);
  expect(tasks.length).toBeGreaterThan(10);
  expect(at(tasks, 0.95), "milliseconds that a task takes").toBeLessThan(16);
  // Each move is read, worked out and drawn: more than two layouts for each would be thrashing.
  expect(layouts.length).toBeLessThan(Math.max(frames, MOVES) * 2);
});
