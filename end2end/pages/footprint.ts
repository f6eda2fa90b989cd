// What an overlay leaves behind on a page, as the browser counts it: on pages of our own and of others.
import { expect, type CDPSession, type Page } from "@playwright/test";

import { report } from "./report.ts";

/** A page whose overlay is loaded. */
export interface Measured {
  page: Page;
  browser: CDPSession;
  /** The address of the module's glue, which tells of its memory. */
  glue: string;
}

/** Counts on `page` from now on. */
export async function measured(page: Page, glue: string): Promise<Measured> {
  const browser = await page.context().newCDPSession(page);
  await browser.send("Performance.enable");
  return { page, browser, glue };
}

export interface Footprint {
  listeners: number;
  nodes: number;
  heapBytes: number;
  wasmBytes: number;
}

async function footprint({ page, browser, glue }: Measured): Promise<Footprint> {
  // The browser remembers what the pointer is on, gone or not, until it moves; and what Leptos drops is dropped in tasks of its
  // own, on a busy machine later.
  await page.mouse.move(2, 2);
  await page.mouse.move(1, 1);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 250))));
  for (let round = 0; round < 3; round++) await browser.send("HeapProfiler.collectGarbage");
  const { metrics } = await browser.send("Performance.getMetrics");
  const metric = (name: string) => metrics.find((metric) => metric.name === name)!.value;
  const wasmBytes = await page.evaluate(async (glue) => {
    const module = (await import(glue)) as { default: () => Promise<{ memory: WebAssembly.Memory }> };
    return (await module.default()).memory.buffer.byteLength;
  }, glue);
  return { listeners: metric("JSEventListeners"), nodes: metric("Nodes"), heapBytes: metric("JSHeapUsedSize"), wasmBytes };
}

/** The same, once it has not become less for two seconds: what is still about to be dropped is no leak, and what leaks stays. */
export async function settledFootprint(measured: Measured): Promise<Footprint> {
  let least = await footprint(measured);
  for (let same = 0; same < 8; same++) {
    const now = await footprint(measured);
    if (now.listeners < least.listeners || now.nodes < least.nodes) [least, same] = [now, 0];
  }
  return least;
}

/** Less than this many more are no leak: a whole overlay that the browser still holds when it is counted has 58 listeners and 234
 * nodes. What each of a thousand cycles leaves behind is at least a thousand. */
export const LATE = { listeners: 200, nodes: 800 };

/** Opens and closes the overlay so many times, each time with a drag, a word and unfolded tools; with a leak, each time leaves a
 * listener behind. */
export async function cycle({ page }: Measured, times: number, { leak = false } = {}): Promise<void> {
  await page.evaluate(async ([times, leak]) => {
    const settled = () => new Promise((resolve) => setTimeout(resolve));
    const opener = document.querySelector<HTMLElement>("[data-cutline-open]")!;
    for (let time = 0; time < times; time++) {
      opener.click();
      await settled();
      const root = document.querySelector("cutline-overlay")?.shadowRoot ?? document;
      const dialog = root.querySelector<HTMLElement>("[role=dialog]")!;
      const stage = dialog.querySelector(".selection-overlay__stage")!;
      const { left, top } = stage.getBoundingClientRect();
      for (const [type, x] of [["pointerdown", 10], ["pointermove", 90], ["pointerup", 90]] as const) {
        stage.dispatchEvent(new PointerEvent(type, { clientX: left + x, clientY: top + x, pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true }));
      }
      dialog.querySelector("details")!.open = true;
      const description = dialog.querySelector("textarea")!;
      description.value = `Time ${time}`;
      description.dispatchEvent(new Event("input", { bubbles: true }));
      await settled();
      dialog.querySelector<HTMLElement>(".share-panel__close")!.click();
      if (leak) addEventListener("storage", () => time);
      await settled();
    }
  }, [times, leak] as const);
}

/** What a thousand openings and closings add, which is to be nothing; the first ones, which fill caches, are not counted. */
export async function growth(measured: Measured): Promise<Footprint> {
  await cycle(measured, 200);
  const before = await settledFootprint(measured);
  await cycle(measured, 1_000);
  const after = await settledFootprint(measured);
  const row = (what: string, { listeners, nodes, heapBytes, wasmBytes }: Footprint) => [what, listeners, nodes, heapBytes, wasmBytes];
  report(["openings and closings", "listeners", "nodes", "heap, bytes", "WebAssembly, bytes"], ["---", "--:", "--:", "--:", "--:"], row("200", before), row("1,200", after));
  return {
    listeners: after.listeners - before.listeners,
    nodes: after.nodes - before.nodes,
    heapBytes: after.heapBytes - before.heapBytes,
    wasmBytes: after.wasmBytes - before.wasmBytes,
  };
}

/** Fails if that is more than chance. */
export function expectNone({ listeners, nodes, heapBytes, wasmBytes }: Footprint): void {
  expect(Math.abs(listeners)).toBeLessThan(LATE.listeners);
  expect(Math.abs(nodes)).toBeLessThan(LATE.nodes);
  // It grows by 64 KiB when more is in use at a moment than ever before, which depends on what falls together: once is
  // chance. A leak of 132 bytes a cycle would be twice; 8,000 cycles in a row did not grow it at all.
  expect(wasmBytes).toBeLessThanOrEqual(64 << 10);
  // Less than a kilobyte a cycle is the browser's own; a leaked overlay would be a hundred times that.
  expect(heapBytes).toBeLessThan(1_000_000);
}
