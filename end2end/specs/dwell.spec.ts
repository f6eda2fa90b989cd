// When the overlay opens by itself, and when it goes again. The page's clock is driven, never slept for.
import type { Locator } from "@playwright/test";

import { accountTargets } from "../fixtures/mastodon.ts";
import { expect, startCutline, test } from "../fixtures/test.ts";
import { DWELL_MS, GalleryPage } from "../pages/gallery.ts";
import { boxOf } from "../pages/overlay.ts";

const TITLE = "Trail in the Picos de Europa";

/** Waits until the page scrolls no more. */
async function expectRest(picture: Locator): Promise<void> {
  let top = NaN;
  const isStill = async () => top === (top = (await boxOf(picture)).y);
  await expect.poll(isStill, { intervals: [300] }).toBe(true);
}

test("the overlay opens after the dwell and not before", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await gallery.rest(await gallery.show(TITLE), DWELL_MS - 1);
  await expect(gallery.overlay.dialog).toHaveCount(0);
  await page.clock.runFor(1);
  await expect(gallery.overlay.dialog).toBeVisible();
  await expect(gallery.overlay.dialog).toHaveAccessibleName(/^Share a part of: /);
});

test("a dwell does not move the focus", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const board = page.getByRole("link", { name: "Board" });
  await board.focus();
  await gallery.dwell(TITLE);
  await expect(board).toBeFocused();
});

test("scrolling cancels the dwell", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await gallery.rest(await gallery.show(TITLE), DWELL_MS - 100);
  await page.evaluate(() => new Promise((scrolled) => {
    addEventListener("scroll", scrolled, { once: true });
    scrollBy(0, 40);
  }));
  await page.clock.runFor(DWELL_MS * 2);
  await expect(gallery.overlay.dialog).toHaveCount(0);
});

test("a picture that the wheel brings under the pointer does not open before the pointer moves on it", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  await gallery.rest(picture, 0);
  await picture.evaluate((picture) => {
    picture.style.marginTop = "600px";
    scrollTo(0, picture.getBoundingClientRect().top + scrollY - 400);
  });
  const { x, width, height } = await boxOf(picture);
  await gallery.moveTo(x + width / 2, 40);
  await page.clock.runFor(DWELL_MS);
  const scrolled = page.evaluate(() => new Promise<void>((scrolled) => addEventListener("scroll", () => scrolled(), { once: true })));
  await page.mouse.wheel(0, 360 + Math.min(height / 2, 100));
  await scrolled;
  await expectRest(picture);
  // Browsers tell of it before or after that, and once more when what is there is laid out: here after it in any case.
  await picture.dispatchEvent("pointerover", { clientX: x + width / 2, clientY: 40, pointerType: "mouse", composed: true });
  await page.clock.runFor(DWELL_MS * 3);
  await expect(gallery.overlay.dialog).toHaveCount(0);
  await gallery.moveTo(x + width / 2 + 20, 50);
  await page.clock.runFor(DWELL_MS);
  await expect(gallery.overlay.dialog).toBeVisible();
});

test("a picture that the wheel brings under the pointer before the overlay is there does not open either", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  const { x, y } = await boxOf(picture);
  // The pointer is there without having moved, as when the page scrolled under it: its own moves are not heard, what the loader tells is.
  await page.evaluate(() => {
    const still = (event: Event) => event.isTrusted && event.stopImmediatePropagation();
    addEventListener("pointermove", still, true);
    Object.assign(window, { move: () => removeEventListener("pointermove", still, true) });
  });
  await page.mouse.move(x + 100, y + 100);
  await gallery.awake();
  await page.clock.runFor(DWELL_MS * 3);
  await expect(gallery.overlay.dialog).toHaveCount(0);
  await page.evaluate(() => (window as unknown as { move: () => void }).move());
  await gallery.moveTo(x + 120, y + 120);
  await page.clock.runFor(DWELL_MS);
  await expect(gallery.overlay.dialog).toBeVisible();
});

for (const [name, isAround] of [["elsewhere on the page", false], ["that the picture is in", true]] as const) {
  test(`something ${name} that scrolls by itself ${isAround ? "cancels" : "does not keep a resting pointer from"} the dwell`, async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    const picture = await gallery.show(TITLE);
    await picture.evaluate((picture, isAround) => {
      const ticker = document.createElement("div");
      ticker.id = "ticker";
      ticker.style.cssText = "height: 320px; width: 400px; overflow: scroll; position: fixed; inset: auto 0 0 auto";
      if (isAround) {
        ticker.style.cssText = "height: 320px; overflow: scroll";
        picture.before(ticker);
        ticker.append(picture);
      } else {
        document.body.append(ticker);
      }
      ticker.append(Object.assign(document.createElement("p"), { style: "height: 4000px" }));
    }, isAround);
    const box = await boxOf(picture);
    await gallery.moveTo(box.x + 60, box.y + 60);
    await gallery.awake();
    for (let step = 0; step < 8; step++) {
      await page.evaluate(() => new Promise((scrolled) => {
        const ticker = document.getElementById("ticker")!;
        ticker.addEventListener("scroll", scrolled, { once: true });
        ticker.scrollBy(0, 2);
      }));
      await page.clock.runFor(DWELL_MS / 6);
    }
    await expect(gallery.overlay.dialog).toHaveCount(isAround ? 0 : 1);
  });
}

test("pressing cancels the dwell until the pointer has left the picture", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  await gallery.rest(picture, DWELL_MS - 100);
  await page.mouse.down();
  await page.mouse.up();
  await page.clock.runFor(DWELL_MS * 2);
  await expect(gallery.overlay.dialog).toHaveCount(0);

  await gallery.moveTo(5, 5);
  await gallery.rest(picture, DWELL_MS);
  await expect(gallery.overlay.dialog).toBeVisible();
});

test("a pointer that keeps moving opens nothing", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const box = await boxOf(await gallery.show(TITLE));
  for (let step = 0; step < 8; step++) {
    await gallery.moveTo(box.x + 40 + step * 20, box.y + 60);
    await page.clock.runFor(DWELL_MS / 2);
  }
  await expect(gallery.overlay.dialog).toHaveCount(0);
});

test("a picture below the threshold does not react", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await gallery.rest(await gallery.show(TITLE), 0);
  await gallery.rest(await gallery.show("Dragonfly"), DWELL_MS * 3);
  await expect(gallery.overlay.dialog).toHaveCount(0);
});

test("a picture that its owner keeps out does not react", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  for (const [where, attribute, value] of [
    ["picture", "nopin", "nopin"],
    ["picture", "data-pin-nopin", "true"],
    ["picture", "data-cutline", "OFF"],
    ["around", "data-cutline", "off"],
  ] as const) {
    const element = where === "picture" ? picture : picture.locator("xpath=..");
    await element.evaluate((element, [attribute, value]) => element.setAttribute(attribute, value), [attribute, value] as const);
    await gallery.rest(picture, DWELL_MS * 2);
    await expect(gallery.overlay.dialog, `${attribute} ${where}`).toHaveCount(0);
    await element.evaluate((element, attribute) => element.removeAttribute(attribute), attribute);
  }
  for (const [name, content] of [["cutline", "off"], ["Pinterest", "nopin"]] as const) {
    await page.evaluate(([name, content]) => document.head.append(Object.assign(document.createElement("meta"), { name, content })), [name, content] as const);
    await gallery.rest(picture, DWELL_MS * 2);
    await expect(gallery.overlay.dialog, name).toHaveCount(0);
    await page.evaluate(() => document.head.lastElementChild!.remove());
  }
  await gallery.dwell(TITLE);
});

test("an untouched overlay stays while the pointer is on picture or panel, and goes when it leaves", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const panel = await boxOf(overlay.description);
  await gallery.moveTo(panel.x + 20, panel.y + 20);
  await page.clock.runFor(5_000);
  await expect(overlay.dialog).toBeVisible();
  await gallery.moveTo(640, 20);
  await page.clock.runFor(1_000);
  await expect(overlay.dialog).toHaveCount(0);
});

test("an overlay that is being worked on stays when the pointer leaves", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  await overlay.description.fill("Not yet");
  await gallery.moveTo(640, 20);
  await page.clock.runFor(5_000);
  await expect(overlay.description).toHaveValue("Not yet");
  await overlay.close.click();
  await expect(overlay.dialog).toHaveCount(0);
});

test("Escape dismisses an overlay that came by dwell, wherever the focus is", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
});

test("closed with the pointer on the picture, an overlay that came by dwell does not come again by itself", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await boxOf(await gallery.show(TITLE));
  const overlay = await gallery.dwell(TITLE);
  await gallery.moveTo(picture.x + 60, picture.y + 40);
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await gallery.moveTo(picture.x + 62, picture.y + 41);
  await page.clock.runFor(3 * DWELL_MS);
  await expect(overlay.dialog).toHaveCount(0);
  // Who comes back wants it again.
  await gallery.moveTo(5, 5);
  await gallery.dwell(TITLE);
});

test("a right click is the picture's as long as nothing was done, and takes nothing away that was", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  await page.evaluate(() => {
    document.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      document.title = (event.composedPath()[0] as Element).localName;
    });
  });
  const overlay = await gallery.dwell(TITLE);
  const picture = await boxOf(gallery.picture(TITLE));
  await page.mouse.click(picture.x + 20, picture.y + 20, { button: "right" });
  await expect(overlay.dialog).toHaveCount(0);
  await expect(page).toHaveTitle("img");
  await gallery.moveTo(5, 5);
  await gallery.dwell(TITLE);
  await overlay.description.fill("Kept");
  await page.mouse.click(picture.x + 20, picture.y + 20, { button: "right" });
  await expect(overlay.description).toHaveValue("Kept");
});

test("the site decides the dwell, the threshold and the look of the targets", async ({ browser }) => {
  const config = '[overlay]\ndwell_ms = 1500\nmin_width = 80\nmin_height = 60\ntarget_style = "icons"\n';
  const cutline = await startCutline({ config });
  const page = await browser.newPage();
  try {
    const gallery = new GalleryPage(page);
    await gallery.open(cutline.url);
    await gallery.rest(await gallery.show("Dragonfly"), 1499);
    await expect(gallery.overlay.dialog).toHaveCount(0);
    await page.clock.runFor(1);
    await expect(gallery.overlay.dialog).toBeVisible();
    // An icon keeps its name for those who hear it, and shows it while it is chosen or has the focus.
    const board = gallery.overlay.target("Board");
    const width = async () => (await boxOf(gallery.overlay.dialog.getByText("Board", { exact: true }))).width;
    expect(await width()).toBeGreaterThan(20);
    await board.uncheck();
    expect(await width()).toBeLessThanOrEqual(1);
    await gallery.overlay.alt.focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await expect(board).toBeFocused();
    expect(await width()).toBeGreaterThan(20);
  } finally {
    await page.close();
    await cutline.stop();
  }
});

test("icons of accounts whose targets have the same name say whose they are", async ({ browser, sharedOrigin }) => {
  const names = ["alice", "bob"];
  const cutline = await startCutline({ config: `${accountTargets(sharedOrigin, names)}[overlay]\ntarget_style = "icons"\n` });
  const page = await browser.newPage();
  try {
    const gallery = new GalleryPage(page);
    await gallery.open(cutline.url);
    const overlay = await gallery.dwell(TITLE);
    for (const name of names) {
      await expect(overlay.target(name)).not.toBeChecked();
      expect((await boxOf(overlay.dialog.locator(".target-list__account", { hasText: name }))).width).toBeGreaterThan(40);
    }
  } finally {
    await page.close();
    await cutline.stop();
  }
});
