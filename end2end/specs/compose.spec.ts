// The main job without script: the link under a picture leads to a form that shares.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/mastodon.ts";
import { decode, part } from "../fixtures/pixels.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));

test.use({ javaScriptEnabled: false });

test("a part is selected by numbers, shown, described and shared without script", async ({ page, snac, browser }) => {
  await page.goto("/");
  await page
    .getByRole("figure")
    .filter({ hasText: "Nuthatch, head first" })
    .getByRole("link", { name: "Share a part" })
    .click();
  await expect(page.getByRole("heading", { name: "Share a part of a picture" })).toBeVisible();
  for (const [label, value] of [["Left %", "10"], ["Top %", "20"], ["Width %", "30"], ["Height %", "40"]] as const) {
    await page.getByLabel(label).fill(value);
  }
  const words = "Shared without any script";
  await page.getByLabel("Description").fill(words);
  await page.getByRole("checkbox", { name: "Board" }).check();
  await page.getByRole("checkbox", { name: "Mastodon" }).check();

  // Looking at the part first keeps everything that was filled in.
  await page.getByRole("button", { name: "Show this part" }).click();
  await expect(page.locator(".marked-picture__region")).toHaveAttribute("x", "10.0000");
  await expect(page.getByLabel("Description")).toHaveValue(words);
  await expect(page.getByRole("checkbox", { name: "Mastodon" })).toBeChecked();

  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page).toHaveURL(/\/s\/[0-9a-z]{16}\?shared$/);
  await expect(page.getByRole("heading", { name: words })).toBeVisible();
  // The page reloads itself until the platform has it.
  await expect(page.getByRole("listitem").filter({ hasText: "Mastodon" })).toContainText("posted");

  const status = (await snac.statuses()).find(({ content }) => content.includes(words));
  const bytes = Buffer.from(await (await fetch(status!.media_attachments[0]!.url)).arrayBuffer());
  const judge = await browser.newPage();
  const original = await decode(judge, await readFile(`${DEMO}nuthatch.png`), "image/png");
  const arrived = await decode(judge, bytes, "image/png");
  expect(arrived.data.equals(part(original, 90, 120, 270, 240).data)).toBe(true);
  await judge.close();
});

test("what is wrong is said, and nothing that was filled in is lost", async ({ page, complaints }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Share a part" }).first().click();
  await page.getByLabel("Description").fill("Do not lose me");
  await page.getByLabel("Left %").fill("80");
  complaints.expect(/422/);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("inside the picture");
  await expect(page.getByLabel("Left %")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Description")).toHaveValue("Do not lose me");
});

test("pressing share twice shares once", async ({ page, cutline }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Share a part" }).first().click();
  const key = await page.locator("input[name=key]").inputValue();
  const image = await page.locator("input[name=image_url]").inputValue();
  const form = { image_url: image, x: "0", y: "0", w: "50", h: "50", targets: "board", key };
  const post = () => page.request.post(`${cutline.url}/compose`, { form, maxRedirects: 0 });
  const [first, second] = [await post(), await post()];
  expect(first.status()).toBe(303);
  expect(second.headers()["location"]).toBe(first.headers()["location"]);
});

test("going back and changing the form makes another share", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Share a part" }).first().click();
  await page.getByRole("checkbox", { name: "Board" }).check();
  await page.getByLabel("Description").fill("The first");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("heading", { name: "The first" })).toBeVisible();
  await page.goBack();
  await page.getByLabel("Description").fill("The second");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("heading", { name: "The second" })).toBeVisible();
});
