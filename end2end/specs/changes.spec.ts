// What a page may do to a picture while the overlay stands on it: show another one, hide it and show it again, move it by
// script or animation, take it away. What the visitor has written is kept, and what is shared is what is seen.
import { expect, test } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf } from "../pages/overlay.ts";

const TITLE = "Trail in the Picos de Europa";
const WORDS = "Written before the page changed";

test("when the element shows another picture, that is the one that is shared", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  const overlay = await gallery.dwell(TITLE);
  await overlay.description.fill(WORDS);
  await expect(overlay.size).toHaveText("1200 × 900 pixels");
  await picture.evaluate(async (element) => {
    const image = element as HTMLImageElement;
    for (const name of ["srcset", "data-cutline-source", "data-cutline-width", "data-cutline-height"]) image.removeAttribute(name);
    image.alt = "Another one";
    image.src = "/pictures/demo/nuthatch.png";
    await image.decode();
  });
  await page.clock.runFor(100);
  // Half of 900 x 600.
  await expect(overlay.size).toHaveText("450 × 300 pixels");
  await expect(page.getByRole("dialog", { name: "Share a part of: Another one" })).toBeVisible();
  await expect(overlay.description).toHaveValue(WORDS);
  await overlay.share.click();
  const share = await page.request.get(`${await (await overlay.receipt()).getAttribute("href")}.json`);
  expect(await share.text()).toContain("/pictures/demo/nuthatch.png");
});

test("a picture that is hidden for a while gets its selection back, and what was written stays where it is", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  const overlay = await gallery.dwell(TITLE);
  await overlay.description.fill(WORDS);
  await overlay.dragHandle("east", 20, 0);
  const before = await overlay.region();
  await picture.evaluate((element) => (element.style.display = "none"));
  await page.clock.runFor(100);
  await expect(overlay.selection).toBeHidden();
  await expect(overlay.size).toBeHidden();
  await expect(overlay.description).toBeVisible();
  await picture.evaluate((element) => (element.style.display = ""));
  await page.clock.runFor(100);
  await expect(overlay.selection).toBeVisible();
  await expect(overlay.description).toHaveValue(WORDS);
  expect(await overlay.region()).toEqual(before);
});

test("an untouched overlay goes with its picture", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  const overlay = await gallery.dwell(TITLE);
  await picture.evaluate((element) => (element.style.display = "none"));
  await page.clock.runFor(100);
  await expect(overlay.dialog).toHaveCount(0);
});

test("a picture that the page takes away takes the overlay along", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  await overlay.description.fill(WORDS);
  await gallery.picture(TITLE).evaluate((element) => element.remove());
  await page.clock.runFor(100);
  await expect(overlay.dialog).toHaveCount(0);
});

for (const { how, change } of [
  { how: "by a style that a script sets", change: (element: HTMLElement) => (element.style.transform = "translate(31px, 17px)") },
  { how: "by an animation", change: (element: HTMLElement) => element.animate([{ transform: "translate(31px, 17px)" }], { fill: "forwards", duration: 1 }).finish() },
  { how: "by an element that grows above it", change: (element: HTMLElement) => element.before(Object.assign(document.createElement("div"), { style: "height: 17px; margin-left: 31px" })) },
  { how: "to another size", change: (element: HTMLElement) => (element.style.width = "70%") },
]) {
  test(`the overlay follows a picture that is moved ${how}`, async ({ page }) => {
    const gallery = new GalleryPage(page);
    await gallery.open();
    const picture = await gallery.show(TITLE);
    const overlay = await gallery.dwell(TITLE);
    const region = await overlay.region();
    await picture.evaluate(change as (element: Node) => void);
    await page.clock.runFor(100);
    const [box, stage] = [await boxOf(picture), await boxOf(overlay.dialog.locator(".selection-overlay__stage"))];
    for (const side of ["x", "y", "width", "height"] as const) expect(stage[side], side).toBeCloseTo(box[side], 0);
    expect(await overlay.region()).toEqual(region);
  });
}
