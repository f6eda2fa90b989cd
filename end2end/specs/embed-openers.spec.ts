// With nothing but the tag on a page: fingers, keys and screen readers come to the overlay of any picture, and of the page nothing is
// other than without it.
import { fileURLToPath } from "node:url";

import type { Locator } from "@playwright/test";

import { expectNoViolations } from "../fixtures/axe.ts";
import { heard, listenAsThePage } from "../fixtures/built-sites.ts";
import { type ForeignPage, expect, test } from "../fixtures/embed.ts";
import { expectLooks } from "../fixtures/screenshots.ts";
import { fingerOn, swipe } from "../pages/fingers.ts";
import { hold, isSeen, opener, pageButton, tabTo, watch } from "../pages/openers.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">';
const NUTHATCH = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="300" style="display: block">';
const STREAM = '<img id="stream" src="/forest-stream.webp" alt="A stream" width="300" style="display: block">';
const POLICY =
  "default-src 'none'; script-src 'self' HOST 'wasm-unsafe-eval'; connect-src HOST; style-src 'self'; img-src 'self' HOST; require-trusted-types-for 'script'";

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

async function arrive(foreign: ForeignPage, url: string): Promise<void> {
  await foreign.open(url);
  await foreign.page.locator("img").first().evaluate((picture: HTMLImageElement) => picture.decode());
}

test.describe("by finger", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

  test("a picture in a link is held, a part of it selected and shared; nothing is loaded before, and no link followed", async ({ page, site, foreign, cutline }) => {
    const asked = watch(page, cutline.url);
    await listenAsThePage(page);
    site.put("/", { head: VIEWPORT, body: `<a href="#followed">${NUTHATCH}</a>`, policy: POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") });
    await arrive(foreign, site.url);
    expect(asked).toEqual(["/embed/v1.js"]);
    await heard(page);
    await hold(page, page.locator("#picture"));
    await expect(opener(page)).toBeVisible();
    // The page had it as ever.
    // On a slow machine the browser's own long press may have come too.
    const firstHeard = (await heard(page)).filter((line) => !line.startsWith("contextmenu"));
    expect(firstHeard).toEqual(["pointerdown img   false true", "touchstart img   false true"]);
    expect(asked).toEqual(["/embed/v1.js", "/embed/more.js"]);
    const [button, picture] = [await boxOf(opener(page)), await boxOf(page.locator("#picture"))];
    expect(button.height).toBeGreaterThanOrEqual(44);
    expect(button.x + button.width).toBeLessThanOrEqual(picture.x + picture.width);
    expect(button.y + button.height).toBeLessThanOrEqual(picture.y + picture.height);

    await opener(page).tap();
    const { overlay } = foreign;
    await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A nuthatch");
    expect(await isSeen(page.locator("cutline-opener").locator("[part=opener]").nth(1))).toBe(false);
    const before = await overlay.region();
    const handle = await boxOf(overlay.handle("east"));
    await swipe(await fingerOn(page), handle.x + handle.width / 2, handle.y + handle.height / 2, 30, 0);
    await expect.poll(async () => (await overlay.region()).width).toBeGreaterThan(before.width + 0.05);
    const region = await overlay.region();
    await overlay.share.tap();
    const href = await (await overlay.receipt()).getAttribute("href");
    await expect(overlay.delivery("Board")).toContainText("posted");
    const share = await (await fetch(`${href}.json`)).json();
    expect(share.target.source.id).toBe(`${site.url}/nuthatch.png`);
    expect(Number(/percent:[\d.]+,[\d.]+,([\d.]+)/.exec(share.target.selector.value)![1])).toBeCloseTo(region.width * 100, 2);
    await overlay.close.tap();
    await expect(overlay.dialog).toHaveCount(0);
    expect(page.url()).toBe(`${site.url}/`);
    await page.touchscreen.tap(380, 770);
    await expect(opener(page)).toHaveCount(0);
  });

  test("where the browser's menu comes before, it is there at once; a finger that goes on is none that holds", async ({ page, site, foreign }) => {
    site.put("/", { head: VIEWPORT, body: `${NUTHATCH}<p style="height: 3000px">Words</p>` });
    await arrive(foreign, site.url);
    const { x, y } = await boxOf(page.locator("#picture"));
    const finger = await fingerOn(page);
    // With all that is loaded for fingers there, and heard.
    await hold(page, page.locator("#picture"));
    await swipe(finger, x + 50, y + 250, 0, -60);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
    await page.clock.runFor(2_000);
    await expect(opener(page)).toHaveCount(0);
    await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: x + 50, y: y + 60 }] });
    const isLeft = await page.locator("#picture").evaluate((picture) =>
      picture.dispatchEvent(new PointerEvent("contextmenu", { pointerType: "touch", bubbles: true, cancelable: true, composed: true })),
    );
    expect(isLeft).toBe(true);
    await expect(opener(page)).toBeVisible();
    await finger.send("Input.dispatchTouchEvent", { type: "touchCancel", touchPoints: [] });
    await expect(opener(page)).toBeVisible();
  });

  test("a tap on a picture that leads nowhere brings it; one that leads somewhere, or shows something over it, does not", async ({ page, site, foreign }) => {
    site.put("/", {
      head: VIEWPORT,
      body: `${NUTHATCH}<a id="link" href="#followed">${STREAM}</a><img id="large" src="/nuthatch.png" alt="To be seen large" width="200">
        <script>
          document.querySelector("#large").addEventListener("click", () => document.body.insertAdjacentHTML("beforeend", '<div id="light" style="position: fixed; inset: 0; background: #000"></div>'));
        </script>`,
    });
    await arrive(foreign, site.url);
    const settle = () => page.clock.runFor(1_000);
    // First what brings it, so that all is there that could bring it afterwards.
    await page.locator("#picture").tap();
    await expect(async () => {
      await settle();
      await expect(opener(page)).toBeVisible({ timeout: 300 });
    }).toPass();
    await expect(opener(page)).toHaveAccessibleName("Share a part: A nuthatch");
    await page.locator("#stream").tap();
    await expect(page).toHaveURL(/#followed$/);
    await settle();
    await expect(opener(page)).toHaveCount(0);
    // Who goes on at once wants none either.
    await page.locator("#picture").tap();
    await page.locator("#stream").tap();
    await settle();
    await expect(opener(page)).toHaveCount(0);
    await page.locator("#large").tap();
    await expect(page.locator("#light")).toBeVisible();
    await settle();
    await expect(opener(page)).toHaveCount(0);
  });

  test("the page hears of fingers, and looks, as it does without the tag", async ({ page, site, foreign }) => {
    await listenAsThePage(page);
    const body = `${NUTHATCH}<a href="#followed">${STREAM}</a>`;
    const behave = async (brings?: Locator) => {
      await heard(page);
      await page.locator("#picture").tap();
      await page.clock.runFor(1_000);
      if (brings) await expect(brings).toBeVisible();
      await page.locator("#stream").tap();
      await page.clock.runFor(1_000);
      await page.touchscreen.tap(380, 770);
      await page.clock.runFor(1_000);
      // Where a pointer that is none comes from is told once or not.
      return (await heard(page)).filter((event) => !/^mouse(over|out) /.test(event));
    };
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A site of somebody's</title>${VIEWPORT}</head><body>${body}</body></html>`;
    site.origin.put("/plain", (_request, response) => void response.setHeader("content-type", "text/html").end(html));
    await foreign.open(`${site.url}/plain`, false);
    const areDrawn = () => page.evaluate(async () => void (await Promise.all([...document.images].map((picture) => picture.decode()))));
    await areDrawn();
    const [looked, behaved] = [await page.screenshot(), await behave()];
    expect(behaved.length).toBeGreaterThan(10);
    site.put("/", { head: VIEWPORT, body });
    await arrive(foreign, site.url);
    await areDrawn();
    await expectLooks(page, looked);
    // At the first touch with what is loaded then, and with it there.
    const loaded = page.waitForResponse("**/embed/more-*.js");
    expect(await behave()).toEqual(behaved);
    await (await loaded).finished();
    // And has run: its second style sheet is that of what stands on pictures.
    await expect.poll(() => page.evaluate(() => document.querySelector("cutline-opener")?.shadowRoot?.adoptedStyleSheets.length)).toBeGreaterThan(1);
    expect(await behave(opener(page))).toEqual(behaved);
    await expect(opener(page)).toHaveCount(0);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await expectLooks(page, looked);
  });

  test("it is in a frame of the site's too, at the first touch there", async ({ page, site, foreign }) => {
    site.origin.put("/frame.html", (_request, response) =>
      void response.setHeader("content-type", "text/html").end(`<!doctype html><html lang="en"><title>Inside</title><body style="margin: 0">${NUTHATCH}`),
    );
    site.put("/", { head: VIEWPORT, body: '<iframe title="Inside" src="/frame.html" width="360" height="640"></iframe>' });
    await foreign.open(site.url);
    const inside = page.frameLocator("iframe");
    const picture = inside.locator("#picture");
    await picture.evaluate((picture: HTMLImageElement) => picture.decode());
    await picture.tap();
    const button = inside.getByRole("button", { name: /^Share a part/ });
    await expect(async () => {
      await page.clock.runFor(1_000);
      await expect(button).toBeVisible({ timeout: 300 });
    }).toPass();
    await button.tap();
    await expect(inside.getByRole("dialog")).toBeVisible();
  });

  for (const [what, body, attributes] of [
    ["an editor around it", `<div contenteditable="true">${NUTHATCH}</div>`, ""],
    ["nopin on it", NUTHATCH.replace("<img", "<img nopin"), ""],
    ["data-cutline around it", `<div data-cutline="off">${NUTHATCH}</div>`, ""],
    ["the page's word", `<meta name="pinterest" content="nopin">${NUTHATCH}`, ""],
    ["data-off", NUTHATCH, 'data-off="body"'],
    ["data-selector", NUTHATCH, 'data-selector=".shared"'],
    ["data-threshold", NUTHATCH, 'data-threshold="301"'],
    ["its size", NUTHATCH.replace('width="300"', 'width="110"'), ""],
    ["a button of the page's", `<figure data-cutline-figure>${NUTHATCH}<button data-cutline-open>Take a part</button></figure>`, ""],
    ["<cutline-picture>", `<cutline-picture label="Take a part">${NUTHATCH}</cutline-picture>`, ""],
    ["data-opener", NUTHATCH, 'data-opener="none"'],
  ] as const) {
    test(`${what} keeps a picture without`, async ({ page, site, foreign, cutline }) => {
      const asked = watch(page, cutline.url);
      site.put("/", { head: VIEWPORT, body, attributes });
      await arrive(foreign, site.url);
      await page.locator("#picture").tap();
      await page.clock.runFor(2_000);
      await page.keyboard.press("Tab");
      await expect(page.locator("cutline-opener")).toHaveCount(0);
      await page.waitForLoadState("networkidle");
      expect(asked.filter((path) => path.includes("more"))).toEqual([]);
      // Another picture on the same page has what this one is kept without: it is heard, and by the same tag.
      if (attributes !== "" || body.includes("<meta")) return;
      await page.evaluate((stream) => document.body.insertAdjacentHTML("beforeend", stream), STREAM);
      await page.locator("#stream").evaluate((picture: HTMLImageElement) => picture.decode());
      await page.locator("#stream").tap();
      await expect(async () => {
        await page.clock.runFor(1_000);
        await expect(opener(page)).toHaveAccessibleName("Share a part: A stream", { timeout: 300 });
      }).toPass();
    });
  }
});

test.describe("by keys alone", () => {
  test("the page's last stop leads along its pictures; one is opened, a part selected and shared, and the focus comes back", async ({ page, site, foreign, cutline }) => {
    const asked = watch(page, cutline.url);
    site.put("/", { body: `${NUTHATCH}<p style="height: 2000px">Words</p>${STREAM}<x-card></x-card><script>customElements.define("x-card", class extends HTMLElement {
      connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = '<img src="/nuthatch.png" alt="" width="200">'; } });</script>` });
    await arrive(foreign, site.url);
    expect(await isSeen(pageButton(page))).toBe(false);
    expect(asked).toEqual(["/embed/v1.js"]);
    await page.keyboard.press("Tab");
    await expect(pageButton(page)).toBeFocused();
    expect(await isSeen(pageButton(page))).toBe(true);
    expect((await boxOf(pageButton(page))).height).toBeGreaterThanOrEqual(44);
    await page.keyboard.press("Enter");
    const names = ["Share a part: A nuthatch · 1 / 3", "Share a part: A stream · 2 / 3", "Share a part: 3 / 3"];
    const at = (index: number) => page.getByRole("button", { name: names[index]!, exact: true });
    await expect(at(0)).toBeFocused();
    expect(asked).toEqual(["/embed/v1.js", "/embed/more.js"]);
    for (const [key, index] of [["ArrowRight", 1], ["ArrowDown", 2], ["ArrowRight", 0], ["ArrowLeft", 2], ["Home", 0], ["End", 2], ["Shift+Tab", 1]] as const) {
      await page.keyboard.press(key);
      await expect(at(index), key).toBeFocused();
    }
    // It is marked, and on the picture, which came into view.
    await expect(page.locator("#stream")).toBeInViewport({ ratio: 1 });
    const picture = await boxOf(page.locator("#stream"));
    const mark = await boxOf(page.locator("cutline-opener").locator(".mark"));
    expect([mark.x, mark.y, mark.width, mark.height].map(Math.round)).toEqual([picture.x, picture.y, picture.width, picture.height].map(Math.round));
    const button = await boxOf(at(1));
    expect(button.y + button.height).toBeLessThanOrEqual(picture.y + picture.height);

    await page.keyboard.press("Enter");
    const { overlay } = foreign;
    await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A stream");
    await expect(overlay.selection).toBeFocused();
    const before = await overlay.region();
    await page.keyboard.press("Control+ArrowLeft");
    await expect.poll(async () => (await overlay.region()).x).toBeLessThan(before.x);
    await tabTo(page, overlay.description);
    await page.keyboard.type("By keys");
    await tabTo(page, overlay.share);
    await page.keyboard.press("Enter");
    const href = await (await overlay.receipt()).getAttribute("href");
    const share = await (await fetch(`${href}.json`)).json();
    expect(share.target.source.id).toBe(`${site.url}/forest-stream.webp`);
    expect(share.target.selector.value).toMatch(/percent:0,/);
    await page.keyboard.press("Escape");
    await expect(overlay.dialog).toHaveCount(0);
    await expect(at(1)).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(pageButton(page)).toBeFocused();
    await expect(page.locator("cutline-opener").getByRole("button")).toHaveCount(1);
    await page.keyboard.press("Shift+Tab");
    expect(await isSeen(pageButton(page))).toBe(false);
  });

  test("a link with a picture in it has a button as its next stop, and keys go on from there as without it", async ({ page, site, foreign }) => {
    site.put("/", { body: `<button id="before">Before</button><a id="link" href="#followed">${NUTHATCH}</a><button id="after">After</button>` });
    await arrive(foreign, site.url);
    await page.locator("#before").focus();
    await page.keyboard.press("Tab");
    await expect(page.locator("#link")).toBeFocused();
    await expect(opener(page)).toBeVisible();
    await page.keyboard.press("Tab");
    await expect(opener(page)).toBeFocused();
    await page.keyboard.press("Enter");
    const { overlay } = foreign;
    await expect(overlay.selection).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(overlay.dialog).toHaveCount(0);
    await expect(opener(page)).toBeFocused();
    expect(page.url()).toBe(`${site.url}/`);
    await page.keyboard.press("Shift+Tab");
    await expect(page.locator("#link")).toBeFocused();
    await page.keyboard.press("Tab");
    await expect(opener(page)).toBeFocused();
    await page.keyboard.press("Tab");
    await expect(page.locator("#after")).toBeFocused();
    await expect(opener(page)).toHaveCount(0);
    // Back: Escape sends it away, from itself and from the link.
    await page.keyboard.press("Shift+Tab");
    await expect(page.locator("#link")).toBeFocused();
    await expect(opener(page)).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(opener(page)).toHaveCount(0);
    await page.keyboard.press("Tab");
    await expect(page.locator("#after")).toBeFocused();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    await expect(opener(page)).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.locator("#link")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/#followed$/);
  });

  test("in a modal dialog, which lets nobody out, the last stop is in there", async ({ page, site, foreign }) => {
    site.put("/", { body: `${STREAM}<dialog aria-label="Large"><button id="x">Leave</button>${NUTHATCH}</dialog><script>document.querySelector("dialog").showModal()</script>` });
    await arrive(foreign, site.url);
    await expect(page.locator("#x")).toBeFocused();
    await page.keyboard.press("Tab");
    await expect(pageButton(page)).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Share a part: A nuthatch", exact: true })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(foreign.overlay.selection).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(opener(page)).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(pageButton(page)).toBeFocused();
    await expect(page.locator("dialog")).toHaveJSProperty("open", true);
  });

  test("a dialog without a picture gets no stop: what stands there would lead to nothing", async ({ page, site, foreign }) => {
    site.put("/", { body: `${NUTHATCH}<dialog aria-label="A question"><button id="yes">Yes</button><button id="no">No</button></dialog><script>document.querySelector("dialog").showModal()</script>` });
    await arrive(foreign, site.url);
    await expect(page.locator("#yes")).toBeFocused();
    const stops: string[] = [];
    for (let stop = 0; stop < 4; stop++) {
      await page.keyboard.press("Tab");
      stops.push(await page.evaluate(() => document.activeElement!.id || document.activeElement!.localName));
    }
    expect(stops).not.toContain("cutline-opener");
    expect(stops.slice(0, 1)).toEqual(["no"]);
    await expect(page.locator("dialog cutline-opener")).toHaveCount(0);
    // Closed, it is at the page's end.
    await page.evaluate(() => document.querySelector("dialog")!.close());
    await pageButton(page).focus();
    await page.keyboard.press("Enter");
    await expect(opener(page)).toBeFocused();
  });

  test("it leads into frames of the site's, and back", async ({ page, site, foreign }) => {
    site.origin.put("/frame.html", (_request, response) =>
      void response.setHeader("content-type", "text/html").end(`<!doctype html><html lang="en"><title>Inside</title><body>${STREAM}`),
    );
    site.put("/", { body: `${NUTHATCH}<iframe title="Inside" src="/frame.html" width="500" height="600"></iframe>` });
    await arrive(foreign, site.url);
    const inside = page.frameLocator("iframe");
    await inside.locator("#stream").evaluate((picture: HTMLImageElement) => picture.decode());
    await page.keyboard.press("Shift+Tab");
    await expect(pageButton(page)).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Share a part: A nuthatch · 1 / 2", exact: true })).toBeFocused();
    await page.keyboard.press("End");
    const last = page.getByRole("button", { name: "Share a part: A stream · 2 / 2", exact: true });
    await expect(last).toBeFocused();
    const [mark, picture] = [await boxOf(page.locator("cutline-opener").locator(".mark")), await boxOf(inside.locator("#stream"))];
    expect([mark.x, mark.y].map(Math.round)).toEqual([picture.x, picture.y].map(Math.round));
    await page.keyboard.press("Enter");
    await expect(inside.getByRole("dialog").getByRole("group", { name: "Selection" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(inside.getByRole("dialog")).toHaveCount(0);
    await expect(last).toBeFocused();
  });

  test("pictures that come later bring it, and it goes with them", async ({ page, site, foreign }) => {
    site.put("/", { body: '<button id="first">First</button><main></main>' });
    await foreign.open(site.url);
    await expect(page.locator("cutline-opener")).toHaveCount(0);
    await page.evaluate((picture) => (document.querySelector("main")!.innerHTML = picture), NUTHATCH);
    await expect(pageButton(page)).toHaveCount(1);
    await page.evaluate(() => document.querySelector("main")!.replaceChildren());
    await page.locator("#first").focus();
    await page.keyboard.press("Tab");
    await expect(page.locator("cutline-opener")).toHaveCount(0);
  });

  test("what cannot be had is said, and a later press gets it", async ({ page, site, foreign, complaints }) => {
    complaints.expect(/^console warning: cutline: .*more-.*cannot be had/);
    complaints.expect(/ERR_FAILED/);
    let isDown = true;
    await page.route("**/embed/more-*.js*", (route) => (isDown ? route.abort() : route.fallback()));
    complaints.expect(/^no answer: .*more-/);
    site.put("/", { body: NUTHATCH });
    await arrive(foreign, site.url);
    await page.keyboard.press("Tab");
    await expect(pageButton(page)).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.locator("cutline-opener").getByRole("button", { name: "This cannot be shared now." })).toBeFocused();
    isDown = false;
    await page.keyboard.press("Enter");
    await expect(opener(page)).toBeFocused();
  });

  test("a picture that cannot be shared after all says so in its place", async ({ page, site, foreign, complaints }) => {
    complaints.expect(/^console warning: cutline: this picture cannot be shared/);
    site.put("/", { body: NUTHATCH.replace("display: block", "display: block; opacity: 0") });
    await arrive(foreign, site.url);
    await page.keyboard.press("Tab");
    await expect(pageButton(page)).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(opener(page)).toBeFocused();
    await page.keyboard.press("Enter");
    const says = page.locator("cutline-opener").getByRole("button", { name: "This cannot be shared now." });
    await expect(says).toBeFocused();
    await expect(page.locator("cutline-opener").getByRole("status")).toHaveText("This cannot be shared now.");
  });
});

for (const [lang, label, part] of [["en", "Share a picture of this page", "Share a part"], ["zh-CN", "分享本页的图片", "分享局部"], ["ar", "مشاركة صورة من هذه الصفحة", "مشاركة جزء"]] as const) {
  test(`nothing of it is out of reach for anybody, in ${lang}`, async ({ page, site, foreign }) => {
    const isRight = lang === "ar";
    site.put("/", {
      head: "<style>cutline-opener { --cutline-accent: rgb(10, 90, 40) } cutline-opener::part(opener) { letter-spacing: 1px }</style>",
      body: `<main><h1>Pictures</h1><a href="#followed">${NUTHATCH}</a></main>`,
      root: `lang="${lang}" dir="${isRight ? "rtl" : "ltr"}"`,
    });
    await arrive(foreign, site.url);
    await expectNoViolations(page, "at rest");
    const last = page.getByRole("button", { name: label });
    await last.focus();
    await expect(last).toHaveCSS("background-color", "rgb(10, 90, 40)");
    await expect(last).toHaveCSS("letter-spacing", "1px");
    await expectNoViolations(page, "the page's button");
    await page.keyboard.press("Enter");
    const one = page.getByRole("button", { name: `${part}: A nuthatch`, exact: true });
    await expect(one).toBeFocused();
    const [button, picture] = [await boxOf(one), await boxOf(page.locator("#picture"))];
    if (isRight) expect(button.x - picture.x).toBeLessThan(20);
    else expect(picture.x + picture.width - button.x - button.width).toBeLessThan(20);
    await expectNoViolations(page, "a picture's button with the focus");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Shift+Tab");
    await expect(one).toBeVisible();
    await expectNoViolations(page, "a button beside what has the focus");
  });
}

for (const [lang, said, dir] of [["fr", "en", "ltr"], ["he", "en", "ltr"], ["zh-TW", "zh", "ltr"], ["ar-EG", "ar", "rtl"]] as const) {
  test(`words of ours are told to be in their language on a page in ${lang}, and the page's own in the page's`, async ({ page, site, foreign }) => {
    const root = `lang="${lang}" dir="${lang === "he" || dir === "rtl" ? "rtl" : "ltr"}"`;
    const served = (more: string) => `<cutline-picture ${more}>${NUTHATCH.replace("picture", "served")}</cutline-picture>`;
    site.put("/", { body: `<a href="#followed">${NUTHATCH}</a>${served("")}${served('label="Part"')}`, root });
    await arrive(foreign, site.url);
    const speaks = (button: Locator) =>
      button.evaluate((button) => [button.closest<HTMLElement>("[lang]")?.lang, getComputedStyle(button).direction]);
    const [ours, theirs] = [0, 1].map((index) => page.locator("cutline-picture").nth(index).locator("[part=opener]"));
    expect(await speaks(ours!)).toEqual([said, dir]);
    expect((await speaks(theirs!))[0]).toBe(lang);
    const place = page.locator("cutline-opener").locator("[part=opener]");
    expect(await speaks(place)).toEqual([said, dir]);
    await place.focus();
    await page.keyboard.press("Enter");
    const one = page.locator("cutline-opener").locator(".stand [part=opener]");
    await expect(one).toBeFocused();
    expect(await speaks(one)).toEqual([said, dir]);
  });
}

test("its lines are seen on anything, also where colours are the visitor's", async ({ page, site, foreign }) => {
  await page.emulateMedia({ forcedColors: "active" });
  site.put("/", { body: NUTHATCH });
  await arrive(foreign, site.url);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(opener(page)).toBeFocused();
  const { outlineStyle, outlineWidth, borderTopStyle } = await opener(page).evaluate((button) => getComputedStyle(button));
  expect([outlineStyle, outlineWidth, borderTopStyle]).toEqual(["solid", "3px", "solid"]);
});
