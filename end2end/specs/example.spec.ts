// The components on sites of somebody's own. Rendered in the browser (examples/csr): what the site hears of the overlay, and
// the selection that both share; the page is served from where `make example` left it, beside Cutline's addresses. Rendered on
// the server and hydrated (examples/ssr-axum), or with islands (examples/islands): programs with Cutline in them.
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { PROGRAM } from "../fixtures/cutline.ts";
import { type Cutline, expect, startCutline, test } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";

const BUILT = fileURLToPath(new URL("../../target/examples/csr/", import.meta.url));

const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

const START = new Date("2026-01-01T12:00:00Z");

/** Goes to a page and stops its clock once it lives: from then on time passes only when a test says so. */
async function go(page: Page, path: string): Promise<GalleryPage> {
  await page.clock.install({ time: START });
  await page.goto(path);
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
  await page.clock.pauseAt(new Date(START.getTime() + 3_600_000));
  return new GalleryPage(page);
}

async function open(page: Page): Promise<GalleryPage> {
  await page.route("**/example/*", async (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1)!;
    await route.fulfill({ path: `${BUILT}${name}`, contentType: TYPES[name.split(".").at(-1)!]! });
  });
  const gallery = await go(page, "/example/index.html");
  await expect(page.getByRole("img")).toHaveJSProperty("complete", true);
  return gallery;
}

const region = (page: Page) => page.locator("#region");
const events = (page: Page) => page.locator("#events li");

test("the site hears of opening, selecting, sharing and closing", async ({ page, cutline }) => {
  const gallery = await open(page);
  await expect(region(page)).toBeEmpty();
  await gallery.rest(page.getByRole("img"), 600);
  const { overlay } = gallery;
  await expect(overlay.dialog).toBeVisible();
  await expect(events(page)).toHaveText([`open ${cutline.url}/pictures/demo/nuthatch.png`]);
  await expect(region(page)).toHaveText("xywh=percent:25,25,50,50");
  await overlay.selection.focus();
  await page.keyboard.press("Home");
  await expect(region(page)).toHaveText("xywh=percent:0,25,50,50");
  await overlay.share.click();
  const address = await (await overlay.receipt()).getAttribute("href");
  await expect(events(page).last()).toHaveText(`shared ${address}`);
  await overlay.close.click();
  await expect(region(page)).toBeEmpty();
});

test("the site's own words stand in place of the overlay's, and those that it leaves stay", async ({ page }) => {
  const gallery = await open(page);
  await gallery.rest(page.getByRole("img"), 600);
  const { overlay } = gallery;
  await expect(overlay.dialog.getByLabel("What do you see?")).toBeVisible();
  await expect(overlay.share).toHaveText("Share");
  await expect(overlay.dialog).toHaveAttribute("lang", "en-GB");
  await expect(overlay.dialog).toHaveAttribute("dir", "ltr");
});

test("the site selects, and undo takes that back too", async ({ page }) => {
  const gallery = await open(page);
  await gallery.rest(page.getByRole("img"), 600);
  const { overlay } = gallery;
  await page.getByRole("button", { name: "Select the bird" }).click();
  await expect(overlay.size).toHaveText("360 × 444 pixels");
  await overlay.selection.focus();
  await page.keyboard.press("Control+z");
  await expect(region(page)).toHaveText("xywh=percent:25,25,50,50");
});

test("what the site selected before is what the overlay opens with", async ({ page }) => {
  const gallery = await open(page);
  await page.getByRole("button", { name: "Select the bird" }).click();
  await gallery.rest(page.getByRole("img"), 600);
  await expect(gallery.overlay.size).toHaveText("360 × 444 pixels");
});

test("what the site selected before keeps no untouched overlay open", async ({ page }) => {
  const gallery = await open(page);
  await page.getByRole("button", { name: "Select the bird" }).click();
  await gallery.rest(page.getByRole("img"), 600);
  const { overlay } = gallery;
  await expect(overlay.size).toHaveText("360 × 444 pixels");
  await expect(overlay.dialog).not.toHaveAttribute("data-touched");
  await page.mouse.move(2, 700);
  await page.clock.runFor(5_000);
  await expect(overlay.dialog).toHaveCount(0);
});

test("words are kept with what the site selected for them, and what the visitor selected can be had back", async ({ page }) => {
  const gallery = await open(page);
  const { overlay } = gallery;
  const opener = page.getByRole("button", { name: "Share a part" });
  const select = () => page.getByRole("button", { name: "Select the bird" }).click();
  const leave = async () => {
    await page.keyboard.press("Escape");
    await expect(overlay.dialog).toHaveCount(0);
  };
  await select();
  await opener.click();
  await expect(overlay.size).toHaveText("360 × 444 pixels");
  await overlay.dialog.locator("textarea").first().fill("The bird");
  await leave();
  await opener.click();
  await expect(overlay.dialog.locator("textarea").first()).toHaveValue("The bird");
  await expect(overlay.size).toHaveText("360 × 444 pixels");
  await overlay.selection.press("Home");
  await expect(region(page)).toHaveText(/^xywh=percent:0,/);
  const drawn = (await region(page).textContent())!;
  await leave();
  await select();
  await opener.click();
  await expect(overlay.size).toHaveText("360 × 444 pixels");
  await expect(region(page)).not.toHaveText(drawn);
  await overlay.selection.press("Control+z");
  await expect(region(page)).toHaveText(drawn);
});

test("a picture of the site is opened by keys, a part of it shared, and the focus is back", async ({ page }) => {
  const gallery = await open(page);
  const { overlay } = gallery;
  const opener = page.getByRole("button", { name: "Share a part" });
  await opener.focus();
  await page.keyboard.press("Enter");
  await expect(overlay.selection).toBeFocused();
  await page.keyboard.press("Home");
  await expect(region(page)).toHaveText("xywh=percent:0,25,50,50");
  await overlay.share.press("Enter");
  await overlay.receipt();
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await expect(opener).toBeFocused();
});

test("the site hears of a share that was refused", async ({ page, complaints }) => {
  complaints.expect(/Failed to load resource|no answer/);
  const gallery = await open(page);
  await gallery.rest(page.getByRole("img"), 600);
  await page.route("**/api/share", (route) => route.abort());
  await gallery.overlay.share.click();
  await expect(gallery.overlay.problem).not.toBeEmpty();
  await expect(events(page).last()).toHaveText(/^error .*reached/);
});

test("on a site whose rem is ten pixels all can be read and pressed, and the site can make it larger", async ({ page }) => {
  const gallery = await open(page);
  await page.addStyleTag({ content: "html { font-size: 62.5% } body { font-size: 1.4rem }" });
  await gallery.rest(page.getByRole("img"), 600);
  const { overlay } = gallery;
  await overlay.openTools();
  const heights = () =>
    overlay.dialog.locator(".share-panel").locator("button, summary, textarea, select, label").evaluateAll((all) =>
      all.filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect().height),
    );
  const size = () => overlay.dialog.locator(".share-panel").evaluate((panel) => [getComputedStyle(panel).fontSize, panel.clientWidth + 2]);
  expect(Math.min(...(await heights()))).toBeGreaterThanOrEqual(43.99);
  expect(await size()).toEqual(["16px", 336]);
  await page.addStyleTag({ content: ":root { --cutline-rem: 20px }" });
  expect(await size()).toEqual(["20px", 420]);
  expect((await overlay.share.boundingBox())!.height).toBeCloseTo(55, 1);
});

for (const [name, picture] of [["ssr-axum", "A trail in the mountains"], ["islands", "A nuthatch on a tree"]] as const) {
  test.describe(`examples/${name}`, () => {
    const own = test.extend<object, { cutline: Cutline }>({
      cutline: [
        async ({}, use) => {
          const site = await startCutline({ program: PROGRAM.replace(/cutline$/, `cutline-example-${name}`) });
          await use(site);
          await site.stop();
        },
        { scope: "worker" },
      ],
    });

    const openOwn = async (page: Page) => {
      const gallery = await go(page, "/");
      await gallery.rest(page.getByRole("img", { name: picture }), 600);
      await expect(gallery.overlay.dialog).toBeVisible();
      return gallery;
    };

    own("the page is there before any script, and a part is shared from it", async ({ page, cutline }) => {
      const html = await (await page.request.get("/")).text();
      expect(html).toContain(`alt="${picture}"`);
      const { overlay } = await openOwn(page);
      await overlay.description.fill("From a site of my own");
      await overlay.share.click();
      const address = (await (await overlay.receipt()).getAttribute("href"))!;
      expect(new URL(address).origin).toBe(cutline.url);
      await page.goto(address);
      await expect(page.getByRole("heading", { level: 1, name: "From a site of my own" })).toBeVisible();
    });

    own("an opener under a picture opens it, and Escape closes it", async ({ page }) => {
      await page.goto("/");
      await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
      const { overlay } = new GalleryPage(page);
      await page.getByRole("link", { name: "Share a part" }).first().click();
      await expect(overlay.selection).toBeFocused();
      await page.keyboard.press("Escape");
      await expect(overlay.dialog).toHaveCount(0);
    });

    own("an opener without script leads to the form for its picture", async ({ browser, cutline }) => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(cutline.url);
      await page.getByRole("link", { name: "Share a part" }).first().click();
      await expect(page).toHaveURL(/\/compose\?image_url=%2Fpictures/);
      await page.getByRole("checkbox", { name: "Board" }).check();
      await page.getByRole("button", { name: "Share", exact: true }).click();
      await expect(page).toHaveURL(/\/s\//);
      await context.close();
    });

    if (name === "ssr-axum") {
      own("a site that lends no signal hears what is selected, and the overlay keeps it to itself", async ({ page }) => {
        const { overlay } = await openOwn(page);
        await expect(region(page)).toHaveText("xywh=percent:25,25,50,50");
        await overlay.selection.focus();
        await page.keyboard.press("Home");
        await expect(region(page)).toHaveText("xywh=percent:0,25,50,50");
      });
    }
  });
}
