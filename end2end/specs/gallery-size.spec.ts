// A gallery of 500 pictures opens about as fast as one of ten: pictures far down are not asked for until they come near,
// nothing is woken for each picture, and every size is known, so that nothing jumps. What makes a page slow is counted;
// times are reported and judge nothing, since they follow whatever else the machine does.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PNG } from "pngjs";
import type { Page } from "@playwright/test";

import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";

const FEW = 10;
const MANY = 500;
const ROUNDS = 3;

interface Load {
  /** Until the first four pictures are there, in milliseconds since the address was typed. */
  readyMs: number;
  firstPaintMs: number;
  /** Addresses of pictures asked for by then. */
  pictures: number;
  /** Bytes of everything but pictures that came over the wire, compressed. */
  bytes: number;
  /** Listeners on all nodes, and how often the whole page was laid out. */
  listeners: number;
  layouts: number;
}

interface Servers {
  few: Cutline;
  many: Cutline;
}

const test = base.extend<object, { servers: Servers; cutline: Cutline }>({
  servers: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), "cutline-galleries-"));
      const started: Cutline[] = [];
      const start = async (count: number) => {
        const pictures = join(folder, String(count));
        await mkdir(pictures);
        // Shapes differ, so that a size that is only guessed would show as a jump.
        for (let index = 0; index < count; index++) {
          const name = `${String(index).padStart(3, "0")}.png`;
          await writeFile(join(pictures, name), picture(420 + (index % 7) * 30, 300 + (index % 5) * 60, index));
        }
        const server = await startCutline({ config: `[[galleries]]\nslug = "g${count}"\nfolder = ${JSON.stringify(pictures)}\n` });
        started.push(server);
        return server;
      };
      try {
        await use({ few: await start(FEW), many: await start(MANY) });
      } finally {
        for (const server of started) await server.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
    // Making 510 pictures is part of it.
    { scope: "worker", timeout: 300_000 },
  ],
  // The pages' complaints are watched at the larger one.
  cutline: [async ({ servers }, use) => use(servers.many), { scope: "worker" }],
});

// Recording 500 figures takes the time that is measured here.
test.use({ trace: "off" });

test("a gallery of 500 pictures opens about as fast as one of ten", async ({ browser, servers }) => {
  test.setTimeout(300_000);
  const loads: Record<keyof Servers, Load[]> = { few: [], many: [] };
  // The first round makes the thumbnails and warms both up; it does not count.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of ["few", "many"] as const) {
      const count = name === "few" ? FEW : MANY;
      // A context of its own each time: an empty cache.
      const context = await browser.newContext();
      const load = await open(await context.newPage(), `${servers[name].url}/g/g${count}`, count);
      await context.close();
      if (round > 0) loads[name].push(load);
    }
  }
  const few = medians(loads.few);
  const many = medians(loads.many);
  const report = `${FEW} pictures ${JSON.stringify(few)}, ${MANY} pictures ${JSON.stringify(many)}`;
  test.info().annotations.push({ type: "medians", description: report });
  // Chromium loads 1,250 pixels ahead, and 2,500 where it takes the network for slow, as on a machine that is busy.
  expect(many.pictures, report).toBeLessThan(MANY / 5);
  expect(many.listeners, report).toBe(few.listeners);
  // A long page comes in several pieces, each laid out when it is there: more of them on a busy machine, never one for each picture.
  expect(many.layouts, report).toBeLessThan(few.layouts + MANY / 5);
  // A picture's HTML, its neighbours like it: some 20 bytes once compressed.
  expect(many.bytes - few.bytes, report).toBeLessThan(50 * (MANY - FEW));
});

test("nothing jumps while all of a large gallery is scrolled through", async ({ page, servers }) => {
  test.setTimeout(300_000);
  await page.setViewportSize({ width: 1280, height: 2400 });
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`${servers.many.url}/g/g${MANY}`);
  const pictures = page.locator("img[data-cutline-source]");
  await expect(pictures).toHaveCount(MANY);
  const heights = () => pictures.evaluateAll((all) => all.map((picture) => picture.getBoundingClientRect().height));
  const before = await heights();
  // Every picture comes into view on the way down and is waited for there.
  const shown = await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const all = [...document.querySelectorAll<HTMLImageElement>("img[data-cutline-source]")];
    const inView = (picture: HTMLImageElement) => {
      const box = picture.getBoundingClientRect();
      return box.bottom > 0 && box.top < innerHeight;
    };
    const seen = new Set<HTMLImageElement>();
    for (let top = 0; top < document.documentElement.scrollHeight; top += Math.floor(innerHeight * 0.8)) {
      scrollTo({ top, behavior: "instant" });
      await frame();
      for (const picture of all.filter(inView)) {
        if (!picture.complete) {
          await new Promise((resolve) => {
            picture.addEventListener("load", resolve, { once: true });
            picture.addEventListener("error", resolve, { once: true });
          });
        }
        if (picture.naturalWidth > 0) seen.add(picture);
      }
      await frame();
    }
    return seen.size;
  });
  expect(await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)).toEqual([]);
  expect(shown).toBe(MANY);
  // A loaded copy may round its shape to whole pixels: less than one on the screen, which the eye and CLS pass over.
  const jumps = (await heights()).map((height, index) => Math.abs(height - before[index]!));
  expect(Math.max(...jumps)).toBeLessThan(1);
});

/** Opens a gallery and answers when its first four pictures are there and visitors are looked out for. */
async function open(page: Page, address: string, count: number): Promise<Load> {
  const browser = await page.context().newCDPSession(page);
  await browser.send("Performance.enable");
  await page.goto(address, { waitUntil: "load" });
  await expect(page.locator("img[data-cutline-source]")).toHaveCount(count);
  await expect(page.locator("html")).toHaveAttribute("data-awaits-intent");
  const seen = await page.evaluate(async () => {
    const first = [...document.images].slice(0, 4);
    await Promise.all(first.map((picture) => picture.decode()));
    const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const isPicture = (entry: PerformanceResourceTiming) => new URL(entry.name).pathname.startsWith("/pictures/");
    const pictures = resources.filter(isPicture);
    const ready = first.map((picture) => pictures.find((entry) => entry.name === picture.currentSrc)?.responseEnd ?? NaN);
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const pages = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const others = [...pages, ...resources.filter((entry) => !isPicture(entry))];
    return {
      readyMs: Math.max(...ready),
      firstPaintMs: paint?.startTime ?? NaN,
      pictures: new Set(pictures.map((entry) => entry.name)).size,
      bytes: others.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
    };
  });
  const { metrics } = await browser.send("Performance.getMetrics");
  const metric = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? NaN;
  return { ...seen, listeners: metric("JSEventListeners"), layouts: metric("LayoutCount") };
}

function medians(loads: Load[]): Load {
  const median = (of: keyof Load) => {
    const values = loads.map((load) => load[of]).sort((a, b) => a - b);
    return Math.round(values[Math.floor(values.length / 2)]!);
  };
  return {
    readyMs: median("readyMs"),
    firstPaintMs: median("firstPaintMs"),
    pictures: median("pictures"),
    bytes: median("bytes"),
    listeners: median("listeners"),
    layouts: median("layouts"),
  };
}

/** A PNG of plain stripes in a colour of its own. */
function picture(width: number, height: number, seed: number): Buffer {
  const png = new PNG({ width, height });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = (y * width + x) * 4;
      png.data[place] = (seed * 37) % 256;
      png.data[place + 1] = (seed * 91 + (y >> 4) * 8) % 256;
      png.data[place + 2] = (x >> 4) * 8 % 256;
      png.data[place + 3] = 255;
    }
  }
  return PNG.sync.write(png, { filterType: 0 });
}
