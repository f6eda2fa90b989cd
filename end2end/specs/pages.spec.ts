// The pages around the main job: the share page and its metadata, the board, languages, accessibility, big galleries.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { expect, test, type Cutline } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";

interface Receipt {
  id: string;
  url: string;
  clipping: { url: string; width: number; height: number; type: string };
}

async function shareByApi(cutline: Cutline, description: string, alt = ""): Promise<Receipt> {
  const answer = await fetch(`${cutline.url}/api/v1/shares`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      source: { image_url: `${cutline.url}/pictures/demo/nuthatch.png` },
      region: "xywh=percent:10,20,30,40",
      description,
      alt,
      targets: ["board"],
    }),
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as Receipt;
}

test("the share page shows the part, its words, its source and the part in context", async ({ page, cutline }) => {
  const receipt = await shareByApi(cutline, "The bird's eye", "A bird");
  await page.goto(receipt.url);
  await expect(page.getByRole("heading", { name: "The bird's eye" })).toBeVisible();
  await expect(page.getByAltText("A bird")).toHaveJSProperty("naturalWidth", 270);
  await expect(page.getByRole("link", { name: "A walk with open eyes" })).toHaveAttribute("href", `${cutline.url}/g/demo`);
  await expect(page.locator(".credit")).not.toBeEmpty();
  const region = page.locator(".marked-picture__region");
  for (const [name, value] of [["x", "10.0000"], ["y", "20.0000"], ["width", "30.0000"], ["height", "40.0000"]] as const) {
    await expect(region).toHaveAttribute(name, value);
  }
  const meta = (name: string) => page.locator(`meta[property="${name}"], meta[name="${name}"]`).getAttribute("content");
  expect(await meta("og:image")).toBe(receipt.clipping.url);
  expect(await meta("og:image:width")).toBe("270");
  expect(await meta("og:image:height")).toBe("240");
  expect(await meta("og:image:alt")).toBe("A bird");
  expect(await meta("og:url")).toBe(receipt.url);
  expect(await meta("twitter:card")).toBe("summary_large_image");
  const alternate = await page.locator('link[rel=alternate][type^="application/ld+json"]').getAttribute("href");
  expect(alternate).toBe(`${receipt.url}.json`);
});

test("a share is a W3C Web Annotation", async ({ cutline }) => {
  const receipt = await shareByApi(cutline, "The bird's eye");
  const answer = await fetch(`${receipt.url}.json`);
  expect(answer.headers.get("content-type")).toContain('profile="http://www.w3.org/ns/anno.jsonld"');
  expect(await answer.json()).toMatchObject({
    "@context": "http://www.w3.org/ns/anno.jsonld",
    type: "Annotation",
    target: {
      source: { id: `${cutline.url}/pictures/demo/nuthatch.png` },
      selector: {
        type: "FragmentSelector",
        conformsTo: "http://www.w3.org/TR/media-frags/",
        value: "xywh=percent:10,20,30,40",
      },
    },
  });
});

test("words of a visitor are shown as words", async ({ page, cutline }) => {
  const words = `<script>document.title = "gone"</script><img src=x onerror=alert(1)> & "quotes"`;
  const receipt = await shareByApi(cutline, words);
  await page.goto(receipt.url);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(words);
  await page.goto("/board");
  await expect(page.getByText(words)).toBeVisible();
});

test("the board pages from newest to oldest without losing or repeating a share", async ({ page, cutline }) => {
  const ids: string[] = [];
  for (let number = 0; number < 30; number++) ids.push((await shareByApi(cutline, `Number ${number}`)).id);
  await page.goto("/board");
  const seen = async () => page.locator(".board__link").evaluateAll((links) => links.map((link) => link.getAttribute("href")!.slice(3)));
  const first = await seen();
  expect(first).toHaveLength(24);
  expect(first.slice(0, 24)).toEqual(ids.slice(6).reverse());
  await shareByApi(cutline, "Came meanwhile");
  await page.getByRole("link", { name: "Older" }).click();
  // A click waits for the next page to come, and not for all of it.
  await expect.poll(async () => (await seen()).slice(0, 6)).toEqual(ids.slice(0, 6).reverse());
});

test("what is not there is a page that says so", async ({ page, complaints }) => {
  complaints.expect(/404/);
  await page.goto("/s/0000000000000000");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("404");
  await expect(page.getByRole("link", { name: "To the galleries" })).toBeVisible();
});

for (const { lang, dir, opener, share } of [
  { lang: "zh-Hans", dir: "ltr", opener: "分享局部", share: "分享" },
  { lang: "ar", dir: "rtl", opener: "مشاركة جزء", share: "مشاركة" },
]) {
  test(`the pages and the overlay speak ${lang}`, async ({ page }) => {
    await page.goto(`/?lang=${lang}`);
    const html = page.locator("html");
    await expect(html).toHaveAttribute("lang", lang);
    await expect(html).toHaveAttribute("dir", dir);
    await expect(html).toHaveAttribute("data-awaits-intent", "");
    await page.getByRole("link", { name: opener }).first().click();
    await expect(page.getByRole("dialog").getByRole("button", { name: share, exact: true })).toBeVisible();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "English" }).click();
    await expect(html).toHaveAttribute("lang", "en");
  });
}

async function violations(page: Page): Promise<string[]> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`no page has an accessibility violation in ${colorScheme} mode`, async ({ page, cutline }) => {
    await page.emulateMedia({ colorScheme });
    const receipt = await shareByApi(cutline, "Looked at by axe", "A bird");
    for (const path of ["/", "/board", new URL(receipt.url).pathname, `/compose?image_url=${encodeURIComponent(`${cutline.url}/pictures/demo/nuthatch.png`)}`]) {
      await page.goto(path);
      expect(await violations(page), path).toEqual([]);
    }
    const gallery = new GalleryPage(page);
    await gallery.open();
    const overlay = await gallery.dwell("Used brushes");
    await overlay.selection.focus();
    // axe waits by the page's clock.
    await page.clock.resume();
    expect(await violations(page), "overlay").toEqual([]);
    await overlay.target("Board").check();
    await overlay.share.click();
    await overlay.receipt();
    expect(await violations(page), "receipt").toEqual([]);
  });
}
