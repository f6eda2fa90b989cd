// Frames of the site's own: the script goes in where the pointer does, also where only trusted scripts may, and page and frame know
// of each other's overlay.
import { fileURLToPath } from "node:url";

import type { FrameLocator, Page } from "@playwright/test";

import { type ForeignSite, expect, test } from "../fixtures/embed.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const POLICY = "require-trusted-types-for 'script'; script-src HOST 'wasm-unsafe-eval'; connect-src HOST; style-src 'self'";

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

const picture = (id: string) => `<img id="${id}" src="/nuthatch.png" alt="${id}" width="200" height="200">`;
const frame = (name: string, size = 'width="400" height="600"') => `<iframe id="${name}" title="${name}" src="/${name}.html" ${size}></iframe>`;

/** A page to be in a frame. */
function putFrame(site: ForeignSite, name: string, body = picture(name)): void {
  site.origin.put(`/${name}.html`, (_request, response) =>
    void response.setHeader("content-type", "text/html; charset=utf-8").end(`<!doctype html><html lang="en"><title>${name}</title><body>${body}`),
  );
}

/** Moves the pointer onto a picture, from where it is none yet, and leaves it there for a while. */
async function rest(page: Page, inside: Page | FrameLocator, alt: string): Promise<void> {
  const { x, y, width, height } = await boxOf(inside.getByAltText(alt));
  await page.mouse.move(x + width / 2, y + height / 2, { steps: 3 });
  await page.clock.runFor(700);
}

/** The same until the overlay is there, whose script may be on its way. */
async function dwell(page: Page, inside: Page | FrameLocator, alt: string): Promise<void> {
  await expect(async () => {
    await page.mouse.move(2, 2);
    await rest(page, inside, alt);
    await expect(inside.getByRole("dialog")).toBeVisible({ timeout: 300 });
  }).toPass();
}

/** What the page heard so far: what, of which element. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const heard: string[] = ((window as unknown as { heard: string[] }).heard = []);
    for (const name of ["open", "close"]) document.addEventListener(`cutline:${name}`, ({ target }) => heard.push(`${name} ${(target as Element).id}`));
  });
  return () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
}

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
  for (const name of ["one", "two"]) putFrame(site, name);
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

test("a dwell elsewhere closes no overlay that is worked on, and opens none beside it", async ({ page, site, foreign }) => {
  for (const name of ["one", "two"]) putFrame(site, name);
  site.put("/", { body: `<div>${picture("around")}</div>${["one", "two"].map((name) => frame(name, 'width="500" height="450"')).join("")}` });
  await foreign.open(site.url);
  const heard = await listen(page);
  const at = { around: page, one: page.frameLocator("#one"), two: page.frameLocator("#two") };
  const names = ["around", "one", "two"] as const;
  // Where nothing was done yet, the next makes it go.
  for (const name of names) await dwell(page, at[name], name);
  await expect(at.one.getByRole("dialog")).toHaveCount(0);
  for (const held of ["two", "around"] as const) {
    const dialog = at[held].getByRole("dialog");
    await expect(dialog).toBeVisible();
    await dialog.getByLabel("Description").fill("Worked on");
    // Each that was opened before is heard to be closed.
    const isAlone = async () => {
      const all = await heard();
      const opens = all.filter((line) => line.startsWith("open "));
      return opens.at(-1) === `open ${held}` && all.length === 2 * opens.length - 1;
    };
    await expect.poll(isAlone).toBe(true);
    const before = (await heard()).length;
    for (const name of names.filter((name) => name !== held)) {
      await page.mouse.move(2, 2);
      await rest(page, at[name], name);
      await expect(at[name].getByRole("dialog"), `${name} beside ${held}`).toHaveCount(0);
    }
    await expect(dialog.getByLabel("Description")).toHaveValue("Worked on");
    expect((await heard()).slice(before)).toEqual([]);
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    // Closed, it stands in nobody's way.
    const next = held === "two" ? "around" : "one";
    await dwell(page, at[next], next);
  }
});

test("an overlay that nothing was done on goes when the pointer leaves its frame, and stays when that comes back in time", async ({ page, site, foreign }) => {
  putFrame(site, "one");
  site.put("/", { body: frame("one") });
  await foreign.open(site.url);
  const inside = page.frameLocator("#one");
  const dialog = inside.getByRole("dialog");
  await dwell(page, inside, "one");
  const { x, y } = await boxOf(inside.getByAltText("one"));
  await page.mouse.move(700, 300, { steps: 3 });
  await page.clock.runFor(200);
  await page.mouse.move(x + 50, y + 50, { steps: 3 });
  await page.clock.runFor(3_000);
  await expect(dialog).toBeVisible();
  await page.mouse.move(700, 300, { steps: 3 });
  await page.clock.runFor(1_000);
  await expect(dialog).toHaveCount(0);
  await dwell(page, inside, "one");
  await dialog.getByLabel("Description").fill("Worked on");
  await page.mouse.move(700, 300, { steps: 3 });
  await page.clock.runFor(3_000);
  await expect(dialog).toBeVisible();
});

test("a frame in a frame takes its turn too, and is heard of by the page around", async ({ page, site, foreign }) => {
  putFrame(site, "inner");
  putFrame(site, "outer", `<div>${picture("outer")}</div>${frame("inner", 'width="450" height="350"')}`);
  site.put("/", { body: `<button id="button">A button</button>${picture("around")}${frame("outer", 'width="600" height="620"')}` });
  await foreign.open(site.url);
  const heard = await listen(page);
  const outer = page.frameLocator("#outer");
  const inner = outer.frameLocator("#inner");
  await dwell(page, inner, "inner");
  await expect.poll(heard).toEqual(["open outer"]);
  // From the page itself, Escape reaches it.
  await page.locator("#button").focus();
  await page.keyboard.press("Escape");
  await expect(inner.getByRole("dialog")).toHaveCount(0);
  await expect.poll(heard).toEqual(["open outer", "close outer"]);
  await dwell(page, outer, "outer");
  await outer.getByLabel("Description").fill("Worked on");
  for (const [at, alt] of [[inner, "inner"], [page, "around"]] as const) {
    await page.mouse.move(2, 2);
    await rest(page, at, alt);
    await expect(at.getByRole("dialog"), alt).toHaveCount(0);
  }
  await expect(outer.getByLabel("Description")).toHaveValue("Worked on");
});

test("<cutline-picture> has its button in a frame as well, before anything is loaded, and when it comes later", async ({ page, site, foreign, cutline }) => {
  const asked: string[] = [];
  page.on("request", (request) => request.url().startsWith(cutline.url) && asked.push(new URL(request.url()).pathname));
  putFrame(site, "one", `<main></main><cutline-picture region="xywh=percent:5,5,50,50">${picture("one")}</cutline-picture>`);
  site.put("/", { body: frame("one", 'width="600" height="620"') });
  await foreign.open(site.url);
  const inside = page.frameLocator("#one");
  const button = inside.getByRole("button", { name: "Share a part" });
  await expect(button).toBeVisible();
  expect((await boxOf(button)).height).toBeGreaterThanOrEqual(44);
  await inside.locator("main").evaluate((main, picture) => (main.innerHTML = `<cutline-picture label="Another">${picture}</cutline-picture>`), picture("two"));
  await expect(inside.getByRole("button", { name: "Another" })).toBeVisible();
  expect(asked).toEqual(["/embed/v1.js"]);
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = inside.getByRole("dialog");
  await expect(dialog).toHaveAccessibleName("Share a part of: one");
  await expect(dialog).toHaveAttribute("data-region", "xywh=percent:5,5,50,50");
  await expect(dialog.getByRole("group", { name: "Selection" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button).toBeFocused();
});
