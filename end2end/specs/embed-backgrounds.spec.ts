// Backgrounds that a page offers as pictures, for visitors whose pointer does not dwell: by an opener, by `<cutline-picture>`, by script.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const STYLE = "width: 320px; height: 240px; background: url(/forest-stream.webp) 30% 40% / cover";
const GROUND = `<div id="ground" data-cutline-background="A stream" style="${STYLE}">Words on it</div>`;

interface WithApi {
  cutline: { open: (element: Element, how?: { region?: string }) => Promise<boolean> };
}

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

for (const [what, body] of [
  ["beside it", `<figure data-cutline-figure>${GROUND}<button data-cutline-open>Take a part</button></figure>`],
  ["on it", GROUND.replace("Words on it", "<button data-cutline-open>Take a part</button>").replace("<div", "<div data-cutline-figure")],
  ["of <cutline-picture>", `<cutline-picture label="Take a part">${GROUND}</cutline-picture>`],
] as const) {
  test(`by keyboard: a button ${what} opens a background, which is shared, and has the focus again`, async ({ page, site, foreign }) => {
    site.put("/", { body });
    await foreign.open(site.url);
    const button = page.getByRole("button", { name: "Take a part" });
    await button.focus();
    await page.keyboard.press("Enter");
    const { overlay } = foreign;
    await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A stream");
    await expect(overlay.selection).toBeFocused();
    const [stage, ground] = [(await overlay.dialog.boundingBox())!, (await page.locator("#ground").boundingBox())!];
    expect([stage.x, stage.y, stage.width, stage.height].map(Math.round)).toEqual([ground.x, ground.y, ground.width, ground.height].map(Math.round));
    await page.keyboard.press("Escape");
    await expect(overlay.dialog).toHaveCount(0);
    await expect(button).toBeFocused();
    await page.keyboard.press("Enter");
    await overlay.share.press("Enter");
    const share = await (await fetch(`${await (await overlay.receipt()).getAttribute("href")}.json`)).json();
    expect(share.target.source.id).toBe(`${site.url}/forest-stream.webp`);
  });
}

test("a link that opens a background is followed where its picture cannot be had", async ({ page, site, foreign, complaints }) => {
  complaints.expect(/404/);
  const broken = GROUND.replace("/forest-stream.webp", "/nowhere.webp");
  site.put("/", { body: `<figure data-cutline-figure>${broken}<a href="#followed" data-cutline-open>Take a part</a></figure>` });
  await foreign.open(site.url);
  await page.getByRole("link", { name: "Take a part" }).click();
  await expect(page).toHaveURL(/#followed$/);
  await expect(foreign.overlay.dialog).toHaveCount(0);
});

test("by script: cutline.open takes an element that offers its background, with a part of it, and none that does not", async ({ page, site, foreign }) => {
  site.put("/", { body: `${GROUND}<div id="silent" style="${STYLE}"></div><div id="off" data-cutline="off"><div id="kept" data-cutline-background="" style="${STYLE}"></div></div>` });
  await foreign.open(site.url);
  const open = (id: string, region?: string) =>
    page.evaluate(
      ([id, region]) => (window as unknown as WithApi).cutline.open(document.querySelector(`#${id}`)!, region === undefined ? {} : { region }),
      [id, region] as const,
    );
  expect(await open("silent")).toBe(false);
  expect(await open("kept")).toBe(false);
  await expect(foreign.overlay.dialog).toHaveCount(0);
  expect(await open("ground", "xywh=percent:30,30,20,20")).toBe(true);
  await expect(foreign.overlay.dialog).toHaveAttribute("data-region", "xywh=percent:30,30,20,20");
});

test.describe("by finger", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

  test("a tap on the button under a background opens it", async ({ page, site, foreign }) => {
    site.put("/", { head: '<meta name="viewport" content="width=device-width, initial-scale=1">', body: `<cutline-picture>${GROUND}</cutline-picture>` });
    await foreign.open(site.url);
    await page.getByRole("button", { name: "Share a part" }).tap();
    await expect(foreign.overlay.dialog).toHaveAccessibleName("Share a part of: A stream");
    await foreign.overlay.share.tap();
    await foreign.overlay.receipt();
  });
});
