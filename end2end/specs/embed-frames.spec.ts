// Frames of the site's own: the script goes in where the pointer does, also where only trusted scripts may, and page and frame know
// of each other's overlay.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const POLICY = "require-trusted-types-for 'script'; script-src HOST 'wasm-unsafe-eval'; connect-src HOST; style-src 'self'";

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

test("an overlay in a frame is heard of by the page around, and Escape there closes it", async ({ page, site, foreign }) => {
  site.origin.put("/frame.html", (_request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.setHeader("content-security-policy", POLICY.replaceAll("HOST", site.cutline.url));
    response.end('<!doctype html><html lang="en"><head><title>Inside</title></head><body><img id="inside" src="/nuthatch.png" alt="In a frame" width="450"></body></html>');
  });
  site.put("/", {
    body: '<button id="around">Around</button><iframe id="frame" title="Inside" src="/frame.html" width="900" height="650"></iframe>',
    policy: POLICY,
  });
  await foreign.open(site.url);
  await page.evaluate(() => {
    const heard: string[] = ((window as unknown as { heard: string[] }).heard = []);
    const { cutline } = window as unknown as { cutline: { on: (name: string, listener: (detail: unknown, on: Element) => void) => void } };
    for (const name of ["open", "region", "close"]) cutline.on(name, (detail, on) => heard.push(`${name} ${on.id} ${JSON.stringify(detail)}`));
    document.addEventListener("keydown", ({ key }) => heard.push(key));
  });
  const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  const picture = page.frameLocator("iframe").locator("#inside");
  await expect(picture).toHaveJSProperty("complete", true);
  const box = (await picture.boundingBox())!;
  await page.mouse.move(box.x + 90, box.y - 12);
  await page.mouse.move(box.x + 90, box.y + 90, { steps: 3 });
  const dialog = page.frameLocator("iframe").getByRole("dialog");
  await expect(async () => {
    await page.clock.runFor(600);
    await expect(dialog).toBeVisible({ timeout: 300 });
  }).toPass();
  await expect.poll(heard).toEqual([expect.stringMatching(/^open frame .*nuthatch\.png/), 'region frame "xywh=percent:25,25,50,50"']);
  await page.locator("#around").focus();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(page.locator("#around")).toBeFocused();
  await expect.poll(heard).toEqual([expect.any(String), expect.any(String), "close frame null"]);
  // Closed, it takes no key.
  await page.keyboard.press("Escape");
  expect((await heard()).at(-1)).toBe("Escape");
});
