// What a drag costs a page, as the browser's own trace tells it: times of the processor, which others on the machine do not take from,
// and the layouts that listeners forced.
import { expect, type Page } from "@playwright/test";

import type { Overlay } from "./overlay.ts";
import { report } from "./report.ts";

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** When it began, how long it took, and how long of the processor; in microseconds. */
  ts: number;
  dur?: number;
  tdur?: number;
}

/** What the browser did meanwhile. */
async function traced(page: Page, work: () => Promise<void>): Promise<TraceEvent[]> {
  const browser = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  browser.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise((resolve) => browser.once("Tracing.tracingComplete", resolve));
  const client = browser as unknown as { send(method: string, options?: object): Promise<void> };
  await client.send("Tracing.start", { categories: "devtools.timeline,toplevel,disabled-by-default-devtools.timeline", transferMode: "ReportEvents" });
  await work();
  await client.send("Tracing.end");
  await complete;
  await browser.detach();
  return events;
}

/** Whether `inner` began while `outer` went on, on the same thread. */
const isWithin = (inner: TraceEvent, outer: TraceEvent) =>
  inner.pid === outer.pid && inner.tid === outer.tid && inner.ts >= outer.ts && inner.ts < outer.ts + (outer.dur ?? 0);

const MOVES = 120;

/** More layouts than these, one for twenty moves, are not chance. */
export const MOST_FORCED = MOVES / 20;

/** What one drag took; times in milliseconds, shortest first. */
export interface Drag {
  frames: number;
  /** What was heard of it. */
  events: number[];
  /** What the main thread did at once for a move, of the processor: its listeners and all that the browser does before the next task. */
  tasks: number[];
  layouts: number[];
  /** Those of them that a listener forced. */
  forced: number[];
}

/** Drags the selection's corner to and fro. */
export async function dragToAndFro(page: Page, overlay: Overlay): Promise<Drag> {
  const box = await overlay.box();
  const before = await overlay.region();
  const events = await traced(page, async () => {
    await page.mouse.move(box.x + box.width, box.y + box.height);
    await page.mouse.down();
    for (let move = 1; move <= MOVES; move++) {
      await page.mouse.move(box.x + box.width - Math.abs(60 - move), box.y + box.height - Math.abs(60 - move) / 2);
    }
    await page.mouse.up();
  });
  expect((await overlay.region()).width).toBeLessThan(before.width);
  const sorted = (of: TraceEvent[], time: (event: TraceEvent) => number | undefined) => of.map((event) => (time(event) ?? NaN) / 1000).sort((a, b) => a - b);
  const dispatched = events.filter(({ name, dur = 0 }) => name === "EventDispatch" && dur > 0);
  const laidOut = events.filter(({ name, dur }) => name === "Layout" && dur !== undefined);
  const forced = laidOut.filter((layout) => dispatched.some((event) => isWithin(layout, event)));
  const tasks = events.filter((task) => task.name.endsWith("RunTask") && dispatched.some((event) => isWithin(event, task)));
  return {
    frames: events.filter(({ name }) => name === "BeginMainThreadFrame").length || MOVES,
    events: sorted(dispatched, ({ dur }) => dur),
    tasks: sorted(tasks, ({ tdur }) => tdur),
    layouts: sorted(laidOut, ({ dur }) => dur),
    forced: sorted(forced, ({ dur }) => dur),
  };
}

/** Reports a drag as a table; fails if tasks are longer than a frame of the screen, or listeners force layouts. */
export function expectSmooth({ frames, events, tasks, layouts, forced }: Drag, where: string): void {
  const at = (of: number[], share: number) => of[Math.min(of.length - 1, Math.floor(of.length * share))] ?? 0;
  const row = (what: string, of: number[]) => [what, of.length, ...[0.5, 0.95, 1].map((share) => at(of, share).toFixed(2))];
  report(
    [`a drag of ${MOVES} moves ${where}, ${frames} frames; ms`, "number", "median", "p95", "longest"],
    ["---", "--:", "--:", "--:", "--:"],
    row("event", events),
    row("task with an event, of the processor", tasks),
    row("layout", layouts),
    row("layout that a listener forced", forced),
  );
  expect(events.length).toBeGreaterThan(MOVES / 2);
  expect(tasks.length).toBeGreaterThan(10);
  expect(at(tasks, 0.95), "milliseconds that a task takes").toBeLessThan(16);
  expect(forced.length, "layouts that listeners forced").toBeLessThanOrEqual(MOST_FORCED);
  // Each move is read, worked out and drawn: more than two layouts for each would be thrashing.
  expect(layouts.length).toBeLessThan(Math.max(frames, MOVES) * 2);
}
