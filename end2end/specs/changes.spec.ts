// What a page may do to a picture while the overlay stands on it: show another one, hide it and show it again, move it by
// script or animation, take it away. What the visitor has written is kept, and what is shared is what is seen.
import { expect, test } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf } from "../pages/overlay.ts";

const TITLE = "Trail in the Picos de Europa";
const WORDS = "Written before the page changed";

test("when the element shows another picture, that is told, and shared once the visitor says so", async ({ page }) => {
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
  const told = "The page shows another picture now. Press Share once more to share a part of it. Another one";
  await expect(overlay.dialog.locator(".selection-tools__hint")).toHaveText(told);
  await page.clock.runFor(300);
  await expect(overlay.spoken).toContainText(told);
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.url());
  });
  await overlay.share.click();
  await expect(overlay.spoken).toHaveText("");
  await page.clock.runFor(300);
  await expect(overlay.spoken).toHaveText(told);
  expect(sent).toEqual([]);
  await overlay.share.click();
  const share = await page.request.get(`${await (await overlay.receipt()).getAttribute("href")}.json`);
  expect(await share.text()).toContain("/pictures/demo/nuthatch.png");
});

test("what is counted, and the shape that is held, are those of the picture that is shown now", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  // Whatever is shown, it lies where it lay.
  await picture.evaluate((element) => (element.style.cssText = "width: 400px; height: 300px; object-fit: fill"));
  const overlay = await gallery.dwell(TITLE);
  await overlay.openTools();
  await overlay.dialog.getByRole("radio", { name: "Pixels" }).check();
  await overlay.dialog.getByLabel("Shape").selectOption("1:1");
  const [width, height] = [overlay.number("Width px"), overlay.number("Height px")];
  await height.fill("900");
  await height.press("Tab");
  await expect(width).toHaveValue("900");
  await picture.evaluate(async (element) => {
    const image = element as HTMLImageElement;
    for (const name of ["srcset", "data-cutline-source", "data-cutline-width", "data-cutline-height"]) image.removeAttribute(name);
    image.src = "/pictures/demo/nuthatch.png";
    await image.decode();
  });
  await page.clock.runFor(100);
  // Of 900 x 600 now, as large as before on the page.
  await expect(overlay.size).toHaveText("318 × 318 pixels");
  await expect(width).toHaveValue("318");
  await expect(height).toHaveValue("318");
  await height.fill("150");
  await height.press("Tab");
  await expect(overlay.size).toHaveText("150 × 150 pixels");
  await overlay.handle("east").focus();
  await page.keyboard.press("Control+ArrowLeft");
  await expect(overlay.size).toHaveText("8 × 8 pixels");
});

test("another copy of the same picture is no other picture", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  const show = (src: string) =>
    picture.evaluate(async (element, src) => {
      const image = element as HTMLImageElement;
      for (const name of ["data-cutline-source", "data-cutline-width", "data-cutline-height"]) image.removeAttribute(name);
      image.srcset = src;
      await image.decode();
    }, src);
  const [small, large] = ["/pictures/demo/nuthatch.png?small", "/pictures/demo/nuthatch.png?large"];
  await show(`${small} 1x, ${large} 2x`);
  const overlay = await gallery.dwell(TITLE);
  const hint = overlay.dialog.locator(".selection-tools__hint");
  await show(`${small} 0.5x, ${large} 1x`);
  await page.clock.runFor(100);
  await expect(overlay.dialog.locator(".share-panel__preview")).toHaveCSS("background-image", /\?large/);
  await expect(hint).toBeEmpty();
  await overlay.share.click();
  await overlay.receipt();
});

test("a picture that turns into another and back is the one that was meant", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  const show = (src: string) =>
    picture.evaluate(async (element, src) => {
      const image = element as HTMLImageElement;
      for (const name of ["srcset", "data-cutline-source", "data-cutline-width", "data-cutline-height"]) image.removeAttribute(name);
      image.src = src;
      await image.decode();
    }, src);
  await show("/pictures/demo/nuthatch.png");
  const overlay = await gallery.dwell(TITLE);
  const hint = overlay.dialog.locator(".selection-tools__hint");
  await show("/pictures/demo/forest-stream.webp");
  await page.clock.runFor(100);
  await expect(hint).not.toBeEmpty();
  await show("/pictures/demo/nuthatch.png");
  await page.clock.runFor(100);
  await expect(hint).toBeEmpty();
  await overlay.share.click();
  await overlay.receipt();
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

test("a picture that rests is looked at a few times a second, and at each frame once something stirs", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show(TITLE);
  await gallery.dwell(TITLE);
  await picture.evaluate((element) => {
    const asked = window as unknown as { looks: number };
    asked.looks = 0;
    const own = element.getBoundingClientRect.bind(element);
    element.getBoundingClientRect = () => {
      asked.looks++;
      return own();
    };
  });
  const looks = async () => {
    await page.evaluate(() => ((window as unknown as { looks: number }).looks = 0));
    await page.clock.runFor(1_000);
    return page.evaluate(() => (window as unknown as { looks: number }).looks);
  };
  await page.clock.runFor(2_000);
  const atRest = await looks();
  expect(atRest).toBeGreaterThanOrEqual(3);
  expect(atRest).toBeLessThanOrEqual(8);
  const { x, y } = await boxOf(picture);
  await gallery.moveTo(x + 130, y + 130);
  expect(await looks()).toBeGreaterThan(40);
  // What moves it without a sign is seen soon, and then at each frame.
  await page.clock.runFor(2_000);
  await picture.evaluate((element) => (element.style.transform = "translate(31px, 17px)"));
  await page.clock.runFor(300);
  const [box, stage] = [await boxOf(picture), await boxOf(gallery.overlay.dialog.locator(".selection-overlay__stage"))];
  expect(stage.x).toBeCloseTo(box.x, 0);
  expect(await looks()).toBeGreaterThan(20);
});
