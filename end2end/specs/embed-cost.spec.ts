// What the overlay costs a page of somebody else's: nothing is left behind by opening and closing it, and many pictures cost neither the
// script nor a drag much.
import { fileURLToPath } from "node:url";

import { expect, KEY, test } from "../fixtures/embed.ts";
import { least, meterOf, type Spent } from "../pages/busy.ts";
import { dragToAndFro, expectSmooth } from "../pages/drag.ts";
import { expectNone, growth, measured } from "../pages/footprint.ts";
import { Overlay } from "../pages/overlay.ts";
import { report } from "../pages/report.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));

// Recording costs what is measured here.
test.use({ trace: "off" });

test("a thousand openings and closings on a foreign page leave nothing behind", async ({ page, site }) => {
  test.setTimeout(400_000);
  site.origin.serve(DEMO);
  site.put("/", {
    body: '<figure data-cutline-figure><img src="/nuthatch.png" alt="A nuthatch" width="450"><button data-cutline-open>Take a part</button></figure>',
  });
  await page.goto(site.url);
  const isReady = page.evaluate(() => new Promise((resolve) => document.addEventListener("cutline:ready", resolve)));
  await page.locator("img").hover();
  await isReady;
  const glue = await page.evaluate(() => {
    const names = performance.getEntriesByType("resource").map(({ name }) => name);
    // With the number that it was asked for under: by another address it is another module.
    return names.find((name) => /\/embed\/overlay-.*\.js/.test(name))!;
  });
  expect(glue).toBeDefined();
  expectNone(await growth(await measured(page, glue)));
});

/** So many pictures that are too small for an opener. */
const thumbnails = (number: number) => '<img src="/small.svg" alt="Small" width="100" height="100">'.repeat(number);
const SMALL = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>';

test("a drag beside 500 pictures of a foreign page keeps to the frames of the screen", async ({ page, site }) => {
  site.origin.serve(DEMO);
  site.origin.put("/small.svg", SMALL);
  site.put("/", {
    body: `<figure data-cutline-figure><img src="/nuthatch.png" alt="A nuthatch" width="450"><button data-cutline-open>Take a part</button></figure>${thumbnails(500)}`,
  });
  await page.goto(site.url);
  await page.waitForFunction(() => "cutline" in window);
  await page.getByRole("button", { name: "Take a part" }).click();
  const overlay = new Overlay(page);
  await expect(overlay.dialog).toBeVisible();
  expectSmooth(await dragToAndFro(page, overlay), "beside 500 pictures of another site");
});

test("on a page of 500 pictures the script costs what it costs on one of ten, and a Tab less than a frame", async ({ page, site }) => {
  site.origin.serve(DEMO);
  site.origin.put("/small.svg", SMALL);
  // Where no picture is offered, all are gone through. Without the tag, which is put in once the page is done: what that costs by itself
  // is not counted.
  const plain = (path: string, pictures: number) =>
    site.origin.put(path, (_request, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(`<!doctype html><html lang="en"><title>A site</title><button>A button</button>${thumbnails(pictures)}`);
    });
  plain("/few", 10);
  plain("/many", 500);
  const on = async (path: string) => {
    await page.goto(site.url + path);
    const measure = await meterOf(page);
    const idle = () => measure(() => page.evaluate(() => Promise.resolve()));
    const nothing = least([await idle(), await idle(), await idle()]);
    const tag = await measure(() =>
      page.evaluate(
        ([src, key]) =>
          new Promise((resolve) => {
            const script = Object.assign(document.createElement("script"), { src, crossOrigin: "anonymous", onload: resolve });
            script.dataset["key"] = key;
            document.head.append(script);
          }),
        [`${site.cutline.url}/embed/v1.js`, KEY] as const,
      ),
    );
    expect(await page.evaluate(() => "cutline" in window)).toBe(true);
    const tabs: Spent[] = [];
    for (let press = 0; press < 5; press++) {
      tabs.push(await measure(() => page.keyboard.press("Tab")));
    }
    return { tag: { ms: tag.ms - nothing.ms, heapBytes: tag.heapBytes }, tab: least(tabs) };
  };
  const [few, many]: Awaited<ReturnType<typeof on>>[][] = [[], []];
  for (let round = 0; round < 3; round++) {
    few!.push(await on("/few"));
    many!.push(await on("/many"));
  }
  const of = (rounds: Awaited<ReturnType<typeof on>>[], what: "tag" | "tab") => least(rounds.map((round) => round[what]));
  report(
    ["a page of another site's with so many pictures", "ms of the processor, script", "heap, bytes", "ms, one Tab"],
    ["---", "--:", "--:", "--:"],
    ...[["10", few!] as const, ["500", many!] as const].map(([pictures, rounds]) => {
      const { ms, heapBytes } = of(rounds, "tag");
      return [pictures, ms.toFixed(2), heapBytes, of(rounds, "tab").ms.toFixed(2)];
    }),
  );
  expect(of(many!, "tag").ms - of(few!, "tag").ms).toBeLessThan(5);
  // A frame of the screen.
  expect(of(many!, "tab").ms).toBeLessThan(16);
  expect(of(many!, "tag").heapBytes - of(few!, "tag").heapBytes).toBeLessThan(490 * 50);
});
