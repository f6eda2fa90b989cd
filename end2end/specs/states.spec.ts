// The overlay in every state and on every kind of screen: nothing of the panel is cut off, nothing lies over anything else, axe has
// nothing to say, and each is taken as a picture, to be looked at.
import type { Page } from "@playwright/test";

import { expectNoViolations } from "../fixtures/axe.ts";
import { type Ending, expect, type Origin, playMastodon, testWithAccounts } from "../fixtures/mastodon.ts";
import { take } from "../fixtures/screenshots.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, type Overlay } from "../pages/overlay.ts";

const TITLE = "Nuthatch, head first";
const NAMES = ["alice", "bob", "carol.with-a-very-long-name.and-no-end"];

const test = testWithAccounts(NAMES);

// axe looks at several states in each.
test.slow();

/** A platform on which alice posts, bob is refused, and carol's token has ended; it answers when it is told to. */
function platform(origin: Origin): () => void {
  let answer = () => {};
  const told = new Promise<void>((resolve) => (answer = resolve));
  const endings: Ending[] = [
    [200, { id: "1", url: "https://example.social/@alice/1" }],
    [422, { error: "Validation failed: Text chosen is too cheerful for a server as earnest as this one" }],
    [401, { error: "The access token was revoked" }],
  ];
  playMastodon(origin, async (who) => {
    await told;
    return endings[NAMES.indexOf(who)]!;
  });
  return () => answer();
}

/** That the panel is in the window, that nothing in it is cut off at its sides or lies over something else, and that fingers can press what is to be pressed. */
async function expectTidy(overlay: Overlay): Promise<void> {
  const found = await overlay.dialog.locator(".share-panel").evaluate((panel) => {
    const wrong: string[] = [];
    const name = (element: Element) => `${element.localName}.${element.className}`;
    const inside = (inner: DOMRect, outer: DOMRect) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
    const box = panel.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    if (box.left < -1 || box.top < -1 || box.right > clientWidth + 1 || box.bottom > clientHeight + 1) wrong.push(`the panel is out of the window: ${JSON.stringify(box)}`);
    const isSeen = (element: Element) => element.checkVisibility() && element.getBoundingClientRect().width > 1;
    const all = [...panel.querySelectorAll("*")].filter((element) => isSeen(element) && element.closest("svg") === null);
    for (const element of all) {
      if (!inside(element.getBoundingClientRect(), box)) wrong.push(`${name(element)} reaches out of the panel`);
      const style = getComputedStyle(element);
      const isCut = element.scrollWidth > element.clientWidth + 1 && style.display !== "inline" && style.textOverflow !== "ellipsis";
      if (isCut && element.clientWidth > 0 && !element.matches("textarea, input, select")) wrong.push(`${name(element)} is ${element.scrollWidth} wide in ${element.clientWidth}`);
    }
    // What is ticked or chosen is as large as its label.
    for (const pressed of all.filter((element) => element.matches("a, button, summary, label, select, textarea, input:not([type=checkbox], [type=radio])"))) {
      const { width, height } = pressed.getBoundingClientRect();
      if (Math.min(width, height) < 43.99) wrong.push(`${name(pressed)} is ${width} by ${height}`);
    }
    // What lies in the part that scrolls is compared with what lies in it, the rest with the rest.
    const controls = all.filter((element) => element.matches("a, button, textarea, select, summary, input[type=number], label.target-list__target"));
    for (const [index, one] of controls.entries()) {
      for (const other of controls.slice(index + 1)) {
        if (one.closest(".share-panel__body") !== other.closest(".share-panel__body")) continue;
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 1 && !one.contains(other)) wrong.push(`${name(one)} and ${name(other)} lie over each other`);
      }
    }
    return wrong;
  });
  expect(found).toEqual([]);
}

async function expectTaken(overlay: Overlay, name: string): Promise<void> {
  await take(overlay.page, `state-${name}`);
  await expectTidy(overlay);
  await expectNoViolations(overlay.page, name);
}

async function open(page: Page, path = "/"): Promise<{ gallery: GalleryPage; overlay: Overlay }> {
  const gallery = new GalleryPage(page);
  await gallery.open(path);
  await gallery.picture(TITLE).evaluate((picture) => picture.scrollIntoView({ block: "center" }));
  return { gallery, overlay: await gallery.dwell(TITLE) };
}

/** Chooses all targets, whatever they are called. */
async function chooseAll(overlay: Overlay): Promise<void> {
  for (const box of await overlay.dialog.locator(".target-list input").all()) await box.check();
}

/** Unfolds the tools, whatever they are called. */
async function unfold(overlay: Overlay): Promise<void> {
  await overlay.dialog.locator(".selection-tools summary").click();
  await expect(overlay.dialog.locator(".selection-tools__grid")).toBeVisible();
}

const WORDS = "Head first down the trunk: only nuthatches do that. ".repeat(12);

test("opened by a dwell, selecting, and with every target's limits", async ({ page }) => {
  const { overlay } = await open(page);
  await expectTaken(overlay, "dwell");
  const east = await boxOf(overlay.handle("south-east"));
  await page.mouse.move(east.x + 22, east.y + 22);
  await page.mouse.down();
  await page.mouse.move(east.x + 52, east.y + 32);
  await expect(overlay.dialog.locator(".selection-overlay__thirds")).toHaveCSS("opacity", "0.7");
  await expectTaken(overlay, "selecting");
  await page.mouse.up();
  await chooseAll(overlay);
  await overlay.description.fill(WORDS);
  await expect(overlay.dialog.locator(".share-panel__room").first()).toHaveText("The text will be shortened.");
  await overlay.dialog.locator(".share-panel__rooms").scrollIntoViewIfNeeded();
  await expectTaken(overlay, "limits");
});

test("being sent, under way, posted, refused, and with a token that has ended", async ({ page, origin }) => {
  const answer = platform(origin);
  const { overlay } = await open(page);
  await overlay.description.fill(WORDS.slice(0, 50));
  await chooseAll(overlay);
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route("**/api/share", async (route) => {
    await held;
    await route.continue();
  });
  await overlay.share.click();
  await expect(overlay.dialog.getByRole("button", { name: "Sharing…" })).toBeVisible();
  await expectTaken(overlay, "sending");
  go();
  await overlay.receipt();
  await expect(overlay.delivery("alice")).toContainText("sending");
  await expectTaken(overlay, "under-way");
  answer();
  await expect(overlay.delivery("carol")).toContainText("must be connected again");
  await expect(overlay.delivery("bob")).toContainText("too cheerful");
  await expect(overlay.delivery("alice")).toContainText("posted");
  await expectTaken(overlay, "failed");
  await overlay.dialog.getByRole("link", { name: "Delete this share" }).scrollIntoViewIfNeeded();
  await expectTaken(overlay, "failed-below");
});

test("refused, with no target chosen, and with too much written", async ({ page, complaints }) => {
  const { overlay } = await open(page);
  await overlay.share.click();
  await expect(overlay.problem).not.toBeEmpty();
  await expectTaken(overlay, "no-target");
  await overlay.target("Board").check();
  complaints.expect(/ERR_FAILED|net::/);
  await page.route("**/api/share", (route) => route.abort());
  await overlay.share.click();
  await expect(overlay.problem).toContainText("cannot be reached");
  await overlay.description.fill("word ".repeat(1001));
  await expectTaken(overlay, "refused");
});

for (const language of ["en", "zh", "ar"]) {
  test(`the tools, in ${language}`, async ({ page }) => {
    const { overlay } = await open(page, `/?lang=${language}`);
    await expectTaken(overlay, `opened-${language}`);
    await unfold(overlay);
    await overlay.dialog.locator(".selection-tools__button[aria-pressed]").click();
    const { x, y } = await overlay.dialog.locator(".selection-overlay__stage").boundingBox().then((box) => box!);
    await page.mouse.click(x + 40, y + 30);
    await expect(overlay.dialog.locator(".selection-tools__hint")).not.toBeEmpty();
    await expectTaken(overlay, `corners-${language}`);
    await overlay.dialog.locator(".selection-tools__step").last().scrollIntoViewIfNeeded();
    await expectTaken(overlay, `numbers-${language}`);
  });
}

for (const [name, media] of [["dark", { colorScheme: "dark" }], ["forced", { forcedColors: "active" }], ["forced-dark", { forcedColors: "active", colorScheme: "dark" }]] as const) {
  test(`${name} colours`, async ({ page, origin }) => {
    platform(origin)();
    await page.emulateMedia(media);
    const { overlay } = await open(page);
    await unfold(overlay);
    await chooseAll(overlay);
    await overlay.handle("east").focus();
    await page.keyboard.press("ArrowRight");
    await expectTaken(overlay, name);
    await overlay.share.click();
    await expect(overlay.delivery("bob")).toContainText("too cheerful");
    await expectTaken(overlay, `${name}-failed`);
  });
}

test("text twice as large", async ({ page, origin }) => {
  platform(origin)();
  await page.addInitScript(() => addEventListener("DOMContentLoaded", () => (document.documentElement.style.fontSize = "200%")));
  const { overlay } = await open(page);
  await unfold(overlay);
  await chooseAll(overlay);
  await expectTaken(overlay, "text-200");
  await overlay.share.click();
  await expect(overlay.delivery("bob")).toContainText("too cheerful");
  await expectTaken(overlay, "text-200-failed");
});

for (const { name, css } of [
  { name: "small", css: "width: 124px; height: 122px" },
  { name: "at-the-edges", css: "position: fixed; z-index: 1; left: 0; top: 0; width: 60vw; max-width: none; height: 100vh; object-fit: cover" },
  { name: "at-the-right", css: "position: fixed; z-index: 1; right: 0; bottom: 0; width: 300px" },
  { name: "as-large-as-the-window", css: "position: fixed; z-index: 1; left: 0; top: 0; width: 100vw; max-width: none; height: 100vh; object-fit: cover" },
]) {
  test(`on a picture: ${name}`, async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    const picture = await gallery.show(TITLE);
    await picture.evaluate((element, css) => (element.style.cssText = css), css);
    const overlay = await gallery.dwell(TITLE);
    await overlay.selection.dblclick();
    await expect(overlay.size).toBeInViewport({ ratio: 1 });
    // Handles are clear of a docked panel in the next frame, which is the page's clock's.
    await page.clock.runFor(100);
    await expectTaken(overlay, name);
  });
}

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 320, height: 640 } });

  for (const language of ["en", "zh", "ar"]) {
    test(`320 pixels wide, in ${language}`, async ({ page, origin }) => {
      const answer = platform(origin);
      answer();
      const gallery = new GalleryPage(page);
      await gallery.open(`/?lang=${language}`);
      await gallery.show(TITLE);
      await gallery.picture(TITLE).locator("xpath=ancestor::figure").locator("[data-cutline-open]").tap();
      const { overlay } = gallery;
      await expect(overlay.dialog).toBeVisible();
      await expectTaken(overlay, `phone-${language}`);
      await unfold(overlay);
      await expectTaken(overlay, `phone-tools-${language}`);
      await chooseAll(overlay);
      await overlay.dialog.locator("textarea").first().fill(WORDS);
      await overlay.dialog.locator(".share-panel__rooms").scrollIntoViewIfNeeded();
      await expectTaken(overlay, `phone-limits-${language}`);
      await overlay.dialog.locator("textarea").first().fill("");
      await overlay.dialog.locator(".share-panel__share").tap();
      await expect(overlay.delivery("bob")).toContainText("too cheerful");
      await expectTaken(overlay, `phone-failed-${language}`);
    });
  }
});
