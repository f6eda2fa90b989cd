// A picture that its owner reserves is not shared: what can be passed on is its link, and whose it is.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expectNoViolations } from "../fixtures/axe.ts";
import { expect, test } from "../fixtures/test.ts";
import type { Origin } from "../fixtures/origin.ts";
import { GalleryPage } from "../pages/gallery.ts";

const PICTURE = fileURLToPath(new URL("../../public/demo/nuthatch.png", import.meta.url));

const PAGE = `<title>The nuthatch</title><meta property="og:site_name" content="The Post"><img src="/reserved.png">
  <script type="application/ld+json">{"@type": "ImageObject", "contentUrl": "/reserved.png", "creator": "Ada"}</script>`;

/** A page, and its picture with the word of its owner in the header. */
async function reserve(origin: Origin): Promise<void> {
  const picture = await readFile(PICTURE);
  origin.put("/reserved.png", (_, response) => {
    response.writeHead(200, { "content-type": "image/png", "x-robots-tag": "noimageindex" }).end(picture);
  });
  origin.put("/page.html", PAGE);
}

test("the overlay says so and offers link and credit to be copied", async ({ page, context, origin, complaints }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await reserve(origin);
  complaints.expect(/status of 403/);
  const gallery = new GalleryPage(page);
  await gallery.open();
  const picture = await gallery.show("Nuthatch, head first");
  await picture.evaluate((element, source) => element.setAttribute("data-cutline-source", source), `${origin.url}/reserved.png`);
  const overlay = await gallery.dwell("Nuthatch, head first");
  await overlay.description.fill("Written with care");
  await overlay.target("Board").check();
  await overlay.share.click();
  await expect(overlay.problem).toContainText("reserves it (noimageindex)");
  const link = overlay.dialog.locator(".share-panel__attribution a");
  await expect(link).toHaveAttribute("href", `${await page.evaluate(() => location.href)}`);
  await expectNoViolations(page, "reserved");
  await overlay.dialog.getByRole("button", { name: "Copy link and credit" }).click();
  await expect(overlay.dialog.locator(".share-outcome__told")).toHaveText("The link is copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await link.textContent());
  await expect(overlay.description).toHaveValue("Written with care");
});

test("the answer names page, site and author, and the form without script shows them", async ({ page, origin, cutline, complaints }) => {
  await reserve(origin);
  const source = { image_url: `${origin.url}/reserved.png`, page_url: `${origin.url}/page.html` };
  const answer = await page.request.post(`${cutline.url}/api/v1/shares`, {
    data: { source, region: "pct:0,0,50,50", targets: ["board"] },
  });
  expect(answer.status()).toBe(403);
  const text = `The nuthatch · The Post · Ada · ${source.page_url}`;
  expect(await answer.json()).toMatchObject({ code: "reserved", attribution: { url: source.page_url, text } });

  complaints.expect(/status of 403/);
  await page.goto(`/compose?${new URLSearchParams(source)}`);
  await page.getByRole("checkbox", { name: "Board" }).check();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("alert").getByRole("link", { name: text })).toHaveAttribute("href", source.page_url);
});
