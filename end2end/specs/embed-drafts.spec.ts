// What is not over outlives its overlay as it was left: what is selected with its steps back and forth, the shape, the targets. What was
// taken back, or is another picture's, is not there again.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";
import type { Locator, Page } from "@playwright/test";
import type { Overlay } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const PICTURE = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">';
const WORDS = "Written at length";

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

/** Closes the overlay and takes the pointer away. */
async function leave(page: Page, overlay: Overlay) {
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await page.mouse.move(2, 700);
}

/** Lets the page show another picture by the same element. */
async function turn(page: Page, picture: Locator, src: string): Promise<void> {
  await picture.evaluate(async (picture: HTMLImageElement, src) => {
    picture.src = src;
    await picture.decode();
  }, src);
  await page.clock.runFor(100);
}

/** Lets the server offer another target beside the board, which this site has alone. */
async function offerTwo(page: Page, host: string): Promise<void> {
  await page.route(`${host}/api/v1/embed?**`, async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    answer.targets.push({ ...answer.targets[0], id: "another", name: "Another" });
    answer.settings.chosen_targets = ["board"];
    await route.fulfill({ response, json: answer });
  });
}

test("selection, steps, shape and targets are as they were left, also where none is chosen", async ({ page, site, foreign, cutline }) => {
  await offerTwo(page, cutline.url);
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  const first = await overlay.region();
  await expect(overlay.target("Board")).toBeChecked();
  await overlay.openTools();
  await overlay.dialog.getByRole("combobox", { name: "Shape" }).selectOption({ label: "1:1" });
  const square = await overlay.region();
  await overlay.dragHandle("south-east", -40, -40);
  const small = await overlay.region();
  await overlay.dialog.getByRole("button", { name: "Undo" }).click();
  expect(await overlay.region()).toEqual(square);
  await overlay.target("Board").uncheck();
  await leave(page, overlay);

  await foreign.dwell(page.locator("#picture"));
  expect(await overlay.region()).toEqual(square);
  await expect(overlay.target("Board")).not.toBeChecked();
  await expect(overlay.target("Another")).not.toBeChecked();
  await overlay.openTools();
  await expect(overlay.dialog.getByRole("combobox", { name: "Shape" }).locator("option:checked")).toHaveText("1:1");
  await overlay.dialog.getByRole("button", { name: "Redo" }).click();
  expect(await overlay.region()).toEqual(small);
  for (const _ of ["small", "square"]) await overlay.dialog.getByRole("button", { name: "Undo" }).click();
  expect(await overlay.region()).toEqual(first);
  // All taken back, it is what was selected then, and can be made again.
  await leave(page, overlay);
  await foreign.dwell(page.locator("#picture"));
  expect(await overlay.region()).toEqual(first);
  await overlay.openTools();
  await overlay.dialog.getByRole("button", { name: "Redo" }).click();
  expect(await overlay.region()).toEqual(square);
});

test("of words that were taken back nothing is left, and of what was shared neither", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill(WORDS);
  await overlay.alt.fill("A bird");
  await leave(page, overlay);
  await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill("");
  await leave(page, overlay);
  await foreign.dwell(page.locator("#picture"));
  await expect(overlay.description).toHaveValue("");
  await expect(overlay.alt).toHaveValue("A bird");
  await overlay.dragHandle("east", 40, 0);
  await overlay.share.click();
  await overlay.receipt();
  await leave(page, overlay);
  await foreign.dwell(page.locator("#picture"));
  await expect(overlay.alt).toHaveValue("");
  expect((await overlay.region()).width).toBeCloseTo(0.5, 3);
});

test("words that were written on one picture stay with it, though the page had put another in its place by then", async ({ page, site, foreign }) => {
  site.put("/", { body: '<img id="picture" src="/nuthatch.png" alt="" width="450" height="300">' });
  await foreign.open(site.url);
  const picture = page.locator("#picture");
  const overlay = await foreign.dwell(picture);
  await overlay.description.fill(WORDS);
  await turn(page, picture, "/forest-stream.webp");
  await expect(overlay.dialog.getByText("shows another picture")).toBeVisible();
  await leave(page, overlay);
  await foreign.dwell(picture);
  await expect(overlay.description).toHaveValue("");
  await leave(page, overlay);
  await turn(page, picture, "/nuthatch.png");
  await foreign.dwell(picture);
  await expect(overlay.description).toHaveValue(WORDS);
});

test("words about a picture that came in the place of another, which nobody had worked on, are kept with the one they are about", async ({ page, site, foreign }) => {
  site.put("/", { body: '<img id="picture" src="/nuthatch.png" alt="" width="450" height="300">' });
  await foreign.open(site.url);
  const picture = page.locator("#picture");
  const overlay = await foreign.dwell(picture);
  await turn(page, picture, "/forest-stream.webp");
  await overlay.description.fill(WORDS);
  await leave(page, overlay);
  await foreign.dwell(picture);
  await expect(overlay.description).toHaveValue(WORDS);
  await expect(overlay.dialog.getByText("shows another picture")).toHaveCount(0);
  await leave(page, overlay);
  await turn(page, picture, "/nuthatch.png");
  await foreign.dwell(picture);
  await expect(overlay.description).toHaveValue("");
});
