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

test("one overlay is open at a time, in whatever frame", async ({ page, site, foreign }) => {
  const picture = (id: string) => `<img id="${id}" src="/nuthatch.png" alt="${id}" width="200" height="200">`;
  for (const name of ["one", "two"]) {
    site.origin.put(`/${name}.html`, (_request, response) => void response.setHeader("content-type", "text/html").end(`<!doctype html><html lang="en"><title>${name}</title><body>${picture(name)}`));
  }
  const frame = (name: string) => `<iframe id="${name}" title="${name}" src="/${name}.html" width="400" height="600"></iframe>`;
  site.put("/", { body: picture("around") + frame("one") + frame("two") });
  await foreign.open(site.url);
  const at = { around: page, one: page.frameLocator("#one"), two: page.frameLocator("#two") };
  for (const name of ["one", "two"] as const) await at[name].getByAltText(name).evaluate((picture: HTMLImageElement) => picture.decode());
  const open = (name: string) =>
    page.evaluate((name) => {
      const found = [document, ...[...document.querySelectorAll("iframe")].map((frame) => frame.contentDocument!)].map((page) => page.querySelector(`img[alt=${name}]`));
      return (window as unknown as { cutline: { open: (picture: Element) => Promise<boolean> } }).cutline.open(found.find(Boolean)!);
    }, name);
  let before: keyof typeof at | undefined;
  for (const name of ["one", "two", "around", "one"] as const) {
    expect(await open(name)).toBe(true);
    await expect(at[name].getByRole("dialog")).toBeVisible();
    if (before) await expect(at[before].getByRole("dialog"), `${before} after ${name}`).toHaveCount(0);
    before = name;
  }
});
