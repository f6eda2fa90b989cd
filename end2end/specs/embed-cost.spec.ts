// What the overlay costs a page of somebody else's: nothing is left behind by opening and closing it.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";
import { expectNone, growth, measured } from "../pages/footprint.ts";

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
    return names.find((name) => name.endsWith(".js") && name.includes("/embed/") && !name.includes("/embed/v1"))!;
  });
  expect(glue).toBeDefined();
  expectNone(await growth(await measured(page, glue)));
});
