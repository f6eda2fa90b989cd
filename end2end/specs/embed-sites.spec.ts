// The script's tag on sites as their owners build them, with React, Bootstrap, Vue, Angular, Masonry: the whole way on each, to the
// board and to a real account, and nothing of the page's own is other than without it.
import type { Page } from "@playwright/test";

import { behave, heard, isNoPassing, listenAsThePage, putBuilt, type BuiltSite } from "../fixtures/built-sites.ts";
import { ForeignPage, expect, KEY, startCutline, test as base } from "../fixtures/embed.ts";
import { mastodonTarget } from "../fixtures/mastodon.ts";
import { expectLooks } from "../fixtures/screenshots.ts";
import type { Cutline } from "../fixtures/test.ts";
import { boxOf } from "../pages/overlay.ts";

const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({ snac, sharedOrigin }, use) => {
      const site = sharedOrigin.url.replace("127.0.0.1", "localhost");
      const cutline = await startCutline({
        config: `${mastodonTarget(snac)}\n[[sites]]\norigin = "${site}"\nkey = "${KEY}"\ntargets = ["board"]\n`,
        env: { CUTLINE_FETCH__ALLOW: `${sharedOrigin.host},localhost:${new URL(site).port}` },
      });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

const REACT = { path: "/react/gallery", also: ["/react/"] };
const BOOTSTRAP = { path: "/bootstrap/" };
const VUE = { path: "/vue/" };
/** All that can be forbidden, text that becomes code among it. */
const POLICY =
  "default-src 'none'; script-src 'self' HOST 'wasm-unsafe-eval'; connect-src HOST; style-src 'self'; img-src 'self' HOST; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/** Opens the page, scrolls to the picture and waits for what is in the window. */
async function arrive(foreign: ForeignPage, url: string, alt: string, isTagged: boolean): Promise<void> {
  await foreign.open(url, isTagged);
  const { page } = foreign;
  const picture = page.getByRole("img", { name: alt, exact: true });
  await expect(picture).toHaveJSProperty("complete", true);
  // Masonry places them a moment after the last is loaded.
  await expect(async () => {
    await page.clock.runFor(100);
    await expect(page.locator("#wall:not([data-is-laid-out])")).toHaveCount(0, { timeout: 300 });
  }).toPass();
  await picture.scrollIntoViewIfNeeded();
  await page.locator("img").evaluateAll(async (pictures: HTMLImageElement[]) => {
    const seen = pictures.filter((picture) => {
      const { top, bottom, width } = picture.getBoundingClientRect();
      return bottom > 0 && top < innerHeight && width > 0;
    });
    await Promise.all(seen.map((picture) => picture.decode()));
  });
  await page.mouse.move(2, 2);
}

const ENGLISH = { share: "Share", elsewhere: "Share elsewhere…", posted: "posted", page: "Open the share page", board: "Board", close: "Close" };
const ARABIC: typeof ENGLISH = { share: "مشاركة", elsewhere: "المشاركة في مكان آخر…", posted: "نُشر", page: "فتح صفحة المشاركة", board: "اللوحة", close: "إغلاق" };

const SITES: (BuiltSite & { what: string; alt: string; words?: typeof ENGLISH })[] = [
  { what: "a single-page application by Vite and React", alt: "A nuthatch", ...REACT },
  { what: "a page with Bootstrap's carousel", alt: "A nuthatch", ...BOOTSTRAP },
  { what: "custom elements by Vue, in shadow roots", alt: "A nuthatch", ...VUE },
  { what: "Angular with zone.js, in a shadow root", alt: "A nuthatch", path: "/angular/" },
  { what: "five hundred pictures placed by Masonry", alt: "Number 333", path: "/masonry/" },
  { what: "a page under a strict policy", alt: "A nuthatch", path: "/strict/", policy: POLICY },
  { what: "a page from right to left, with Bootstrap's styles for it", alt: "خازن البندق", path: "/rtl/", words: ARABIC },
];

for (const { what, alt, words = ENGLISH, ...built } of SITES) {
  test(`the whole way on ${what}`, async ({ page, site, foreign, cutline, snac }) => {
    const { overlay } = foreign;
    const asked: string[] = [];
    page.on("request", (request) => request.url().startsWith(cutline.url) && asked.push(new URL(request.url()).pathname));
    await listenAsThePage(page);

    // As it is without Cutline.
    await putBuilt(site, built, "");
    await arrive(foreign, `${site.url}${built.path}`, alt, false);
    const [looks, behaves] = [await page.screenshot(), await behave(page, alt)];
    expect(behaves.length).toBeGreaterThan(10);
    expect(asked).toEqual([]);

    // With it, as long as nobody wants to share.
    await putBuilt(site, built);
    await arrive(foreign, `${site.url}${built.path}`, alt, true);
    await page.mouse.move(4, 400);
    await page.clock.runFor(5_000);
    expect(asked).toEqual(["/embed/v1.js"]);
    await arrive(foreign, `${site.url}${built.path}`, alt, true);
    await expectLooks(page, looks);
    expect(await behave(page, alt)).toEqual(behaves);

    // And when somebody does.
    await arrive(foreign, `${site.url}${built.path}`, alt, true);
    const { dialog } = await foreign.dwell(page.getByRole("img", { name: alt, exact: true }));
    const button = (name: string) => dialog.getByRole("button", { name, exact: true });
    const before = await overlay.region();
    const corner = await boxOf(dialog.locator(".selection-overlay__handle--south-east"));
    await overlay.drag(corner.x + corner.width / 2, corner.y + corner.height / 2, -30, -20);
    const region = await overlay.region();
    expect(region.width).toBeLessThan(before.width);
    const said = `From ${built.path}`;
    await dialog.getByRole("textbox").first().fill(said);

    const opened = page.context().waitForEvent("page");
    await dialog.getByRole("link", { name: words.elsewhere }).click();
    const popup = await opened;
    await popup.getByRole("checkbox", { name: "Mastodon" }).check();
    await popup.getByRole("button", { name: words.share, exact: true }).click();
    await expect(popup.getByText(words.posted)).toBeVisible();
    const status = (await snac.statuses()).find(({ content }) => content.includes(said));
    expect(status?.media_attachments).toHaveLength(1);

    // The page is told; what is shared from itself is another share.
    await expect(dialog.getByRole("listitem").filter({ hasText: "Mastodon" })).toContainText(words.posted);
    await popup.close();
    await overlay.clipping();
    await button(words.close).click();
    await expect(page.locator("cutline-overlay")).toHaveCount(0);
    await page.mouse.move(2, 2);
    await page.clock.runFor(1_000);
    await foreign.dwell(page.getByRole("img", { name: alt, exact: true }));
    await overlay.drag(corner.x + corner.width / 2, corner.y + corner.height / 2, -30, -20);
    expect((await overlay.region()).width).toBeCloseTo(region.width, 4);

    await heard(page);
    await button(words.share).click();
    const link = dialog.getByRole("link", { name: words.page });
    await expect(link).toBeVisible();
    await expect(dialog.getByRole("listitem").filter({ hasText: words.board })).toContainText(words.posted);
    const share = await (await fetch(`${await link.getAttribute("href")}.json`)).json();
    expect(share.target.source.id).toMatch(new RegExp(`^${site.url}/(nuthatch\\.png|forest-stream\\.webp)$`));
    const [, x, , width] = /percent:([\d.]+),([\d.]+),([\d.]+),/.exec(share.target.selector.value)!.map(Number);
    expect(x).toBeCloseTo(region.x * 100, 2);
    expect(width).toBeCloseTo(region.width * 100, 2);
    // The page heard nothing of it, but where the pointer is.
    expect((await heard(page)).filter(isNoPassing)).toEqual([]);

    // And after that; the press that closed it is not the page's either.
    await overlay.clipping();
    await button(words.close).click();
    await expect(page.locator("cutline-overlay")).toHaveCount(0);
    expect((await heard(page)).filter(isNoPassing)).toEqual([]);
    await page.mouse.move(2, 2);
    await expectLooks(page, looks);
    expect(await behave(page, alt)).toEqual(behaves);
  });
}

test.describe("React", () => {
  test("draws a picture anew under the open overlay, and takes it away with its route", async ({ page, site, foreign }) => {
    await putBuilt(site, REACT);
    await arrive(foreign, `${site.url}${REACT.path}`, "A nuthatch", true);
    const overlay = await foreign.dwell(page.getByRole("img", { name: "A nuthatch", exact: true }));
    await overlay.dragHandle("west", 30, 0);
    await overlay.description.fill("Mine");
    const region = await overlay.region();
    const seconds = async () => Number(await page.getByRole("img", { name: "A nuthatch", exact: true }).getAttribute("data-seconds"));
    const before = await seconds();
    await page.clock.runFor(5_000);
    expect(await seconds()).toBeGreaterThanOrEqual(before + 4);
    await expect(overlay.description).toHaveValue("Mine");
    expect(await overlay.region()).toEqual(region);
    // The router's own way, as a page's script goes it.
    await page.getByRole("link", { name: "Home" }).evaluate((link: HTMLElement) => link.click());
    await expect(page.getByRole("heading", { name: "Birds" })).toBeVisible();
    await page.clock.runFor(100);
    await expect(page.locator("cutline-overlay")).toHaveCount(0);
    // And back, where the picture is another element; what was not shared is there again.
    await page.goBack();
    await expect(page.getByRole("img", { name: "A nuthatch", exact: true })).toHaveJSProperty("complete", true);
    await page.mouse.move(2, 2);
    await foreign.dwell(page.getByRole("img", { name: "A nuthatch", exact: true }));
    await expect(overlay.description).toHaveValue("Mine");
  });

  test("hears a click on a picture in a link under an overlay that nobody has touched", async ({ page, site, foreign }) => {
    await putBuilt(site, REACT);
    await arrive(foreign, `${site.url}${REACT.path}`, "A nuthatch", true);
    await page.evaluate(() => Object.assign(window, { isTheSame: true }));
    const overlay = await foreign.dwell(page.getByRole("img", { name: "A nuthatch", exact: true }));
    await page.mouse.down();
    await page.mouse.up();
    await expect(page).toHaveURL(`${site.url}/react/one/nuthatch`);
    await expect(page.getByRole("heading", { name: "One of them" })).toBeVisible();
    await expect(overlay.dialog).toHaveCount(0);
    expect(await page.evaluate(() => "isTheSame" in window)).toBe(true);
  });
});

/** Lets time pass until the carousel shows a picture. */
async function shown(page: Page, alt: string): Promise<void> {
  await expect(async () => {
    await page.clock.runFor(500);
    await expect(page.locator(".carousel-item.active img")).toHaveAttribute("alt", alt, { timeout: 100 });
  }).toPass();
  await page.clock.runFor(1_000);
}

test.describe("Bootstrap", () => {
  test("keeps its modal open at the first Escape, and closes it at the second", async ({ page, site, foreign }) => {
    await putBuilt(site, BOOTSTRAP);
    await arrive(foreign, `${site.url}${BOOTSTRAP.path}`, "A nuthatch", true);
    await page.getByRole("button", { name: "Large" }).click();
    const modal = page.locator("#modal");
    await page.clock.runFor(1_000);
    await expect(modal).toBeFocused();
    await foreign.rest(page.getByRole("img", { name: "A large nuthatch", exact: true }));
    // The modal is a dialog too.
    const dialog = page.locator("cutline-overlay").getByRole("dialog");
    const description = dialog.getByLabel("Description");
    // Its trap leaves the focus where it is, by pointer and by key.
    await description.click();
    await page.keyboard.type("In the modal");
    await expect(description).toHaveValue("In the modal");
    await page.keyboard.press("Tab");
    await expect(dialog.getByLabel("Alt text")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(modal).toBeFocused();
    await page.clock.runFor(1_000);
    await expect(modal).toHaveClass(/show/);
    await page.keyboard.press("Escape");
    await page.clock.runFor(1_000);
    await expect(modal).toBeHidden();
  });

  const NEXT = "#carousel .carousel-control-next";

  test("a carousel rests while the overlay is on its picture, and goes on afterwards", async ({ page, site, foreign }) => {
    await putBuilt(site, BOOTSTRAP);
    await arrive(foreign, `${site.url}${BOOTSTRAP.path}`, "A nuthatch", true);
    // It turns by itself from the first press on; its interval is 5 s.
    await page.locator(NEXT).click();
    await shown(page, "A stream");
    const overlay = await foreign.dwell(page.getByRole("img", { name: "A stream", exact: true }));
    await overlay.dragHandle("east", 20, 0);
    await overlay.description.click();
    const active = page.locator(".carousel-item.active img");
    await page.clock.runFor(12_000);
    await expect(active).toHaveAttribute("alt", "A stream");
    await page.mouse.move(4, 700, { steps: 3 });
    await page.clock.runFor(12_000);
    await expect(active).toHaveAttribute("alt", "A stream");
    await expect(overlay.selection).toBeVisible();
    await overlay.close.click();
    await page.mouse.move(4, 700);
    await shown(page, "A nuthatch");
  });

  test("a carousel that takes the picture away leaves what was written, and brings the selection back", async ({ page, site, foreign }) => {
    await putBuilt(site, BOOTSTRAP);
    await arrive(foreign, `${site.url}${BOOTSTRAP.path}`, "A nuthatch", true);
    const overlay = await foreign.dwell(page.getByRole("img", { name: "A nuthatch", exact: true }));
    await overlay.description.fill("Mine");
    await overlay.dragHandle("east", 20, 0);
    const region = await overlay.region();
    const go = async (alt: string) => {
      await page.locator(NEXT).evaluate((control: HTMLElement) => control.click());
      await shown(page, alt);
    };
    const hint = overlay.dialog.locator(".selection-tools__hint").filter({ hasText: "out of sight" });
    await overlay.description.focus();
    await go("A stream");
    await expect(overlay.selection).toBeHidden();
    await expect(hint).toBeVisible();
    // The visitor writes on as if nothing had happened.
    await expect(overlay.description).toBeFocused();
    await page.keyboard.type(", still");
    await go("A nuthatch");
    await expect(overlay.selection).toBeVisible();
    await expect(hint).toHaveCount(0);
    expect(await overlay.region()).toEqual(region);
    await go("A stream");
    // What is shared is what was selected, and not what is seen now.
    await overlay.share.click();
    const share = await (await fetch(`${await (await overlay.receipt()).getAttribute("href")}.json`)).json();
    expect(share.target.source.id).toBe(`${site.url}/nuthatch.png`);
    expect(JSON.stringify(share)).toContain("Mine, still");
  });

  test("a carousel's arrows take presses under the overlay, and drags from there are the overlay's", async ({ page, site, foreign }) => {
    await putBuilt(site, BOOTSTRAP);
    await arrive(foreign, `${site.url}${BOOTSTRAP.path}`, "A nuthatch", true);
    const picture = page.getByRole("img", { name: "A nuthatch", exact: true });
    const arrow = await boxOf(page.locator(NEXT));
    const [x, y] = [arrow.x + arrow.width / 2, arrow.y + arrow.height / 2];
    // Before anything was done, the overlay makes way.
    const overlay = await foreign.dwell(picture);
    await page.mouse.click(x, y);
    await expect(overlay.dialog).toHaveCount(0);
    await shown(page, "A stream");
    await page.mouse.click(x, y);
    await shown(page, "A nuthatch");
    // Afterwards it waits with what was written.
    await foreign.dwell(picture);
    await overlay.description.fill("Mine");
    const before = await overlay.region();
    await overlay.drag(x, y, -60, 40);
    const region = await overlay.region();
    expect(region).not.toEqual(before);
    await page.clock.runFor(2_000);
    await expect(page.locator(".carousel-item.active img")).toHaveAttribute("alt", "A nuthatch");
    await page.mouse.click(x, y);
    await shown(page, "A stream");
    await expect(overlay.selection).toBeHidden();
    await expect(overlay.description).toHaveValue("Mine");
    await page.mouse.click(x, y);
    await shown(page, "A nuthatch");
    await expect(overlay.selection).toBeVisible();
    expect(await overlay.region()).toEqual(region);
  });
});

test("Vue gives an element another picture, and the overlay goes along", async ({ page, site, foreign }) => {
  await putBuilt(site, VUE);
  await arrive(foreign, `${site.url}${VUE.path}`, "A nuthatch", true);
  const overlay = await foreign.dwell(page.getByRole("img", { name: "A nuthatch", exact: true }));
  await overlay.description.fill("Whatever it is");
  await page.getByRole("button", { name: "Next" }).evaluate((button: HTMLElement) => button.click());
  const stream = page.getByRole("img", { name: "A stream", exact: true });
  await expect(stream).toHaveJSProperty("complete", true);
  await page.clock.runFor(100);
  await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A stream");
  await expect(overlay.dialog.getByText("The page shows another picture now.")).toBeVisible();
  await overlay.share.click();
  await overlay.share.click();
  const href = await (await overlay.receipt()).getAttribute("href");
  const share = await (await fetch(`${href}.json`)).json();
  expect(share.target.source.id).toBe(`${site.url}/forest-stream.webp`);
});
