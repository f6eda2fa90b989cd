// What something costs a page's main thread, in time of the processor, which others on the machine do not take from; and its heap.
import type { Page } from "@playwright/test";

export interface Spent {
  /** All tasks of the main thread, in milliseconds of the processor. */
  ms: number;
  heapBytes: number;
}

/** What measures on the page that is open now. Telling of it is work for the main thread as well: what nothing costs is to be taken off. */
export async function meterOf(page: Page): Promise<(work: () => Promise<unknown>) => Promise<Spent>> {
  const browser = await page.context().newCDPSession(page);
  await browser.send("Performance.enable", { timeDomain: "threadTicks" });
  const metric = async (name: string) => (await browser.send("Performance.getMetrics")).metrics.find((metric) => metric.name === name)!.value;
  const heap = async () => {
    for (let round = 0; round < 3; round++) await browser.send("HeapProfiler.collectGarbage");
    return metric("JSHeapUsedSize");
  };
  return async (work) => {
    // What is laid out and painted by now is not counted.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))));
    const heapBefore = await heap();
    const before = await metric("TaskDuration");
    await work();
    const ms = ((await metric("TaskDuration")) - before) * 1000;
    return { ms, heapBytes: (await heap()) - heapBefore };
  };
}

/** The least of several: what comes on top is chance. */
export const least = (of: Spent[]): Spent => ({ ms: Math.min(...of.map(({ ms }) => ms)), heapBytes: Math.min(...of.map(({ heapBytes }) => heapBytes)) });
