// What goes wrong is told, and nothing accepted is lost.
import type { Route } from "@playwright/test";

import { mastodonTarget, test as base } from "../fixtures/mastodon.ts";
import { expect, startCutline, type Cutline } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";

const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({ snac }, use) => {
      const cutline = await startCutline({ config: mastodonTarget(snac, "a-token-that-was-revoked") });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

test("a platform that refuses does not lose the share: it says why, and it can be tried again", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Used brushes");
  await overlay.target("Board").check();
  await overlay.target("Mastodon").check();
  await overlay.share.click();
  await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
  const failed = async () => {
    await page.clock.runFor(1_000);
    await expect(overlay.delivery("Mastodon")).toContainText("must be connected again", { timeout: 500 });
  };
  await expect(failed).toPass();
  await expect(overlay.delivery("Mastodon")).toContainText("failed");

  const retried = page.waitForResponse((answer) => answer.url().endsWith("/api/retry"));
  await overlay.dialog.getByRole("button", { name: "Try again" }).click();
  expect((await retried).status()).toBe(200);
  await expect(failed).toPass();

  // The same on the share page, without script.
  const href = (await (await overlay.receipt()).getAttribute("href"))!;
  await page.goto(href);
  await expect(page.getByRole("listitem").filter({ hasText: "Mastodon" })).toContainText("failed");
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  for (const [language, tag, words] of [["zh", "zh-Hans", "的账户须重新连接。"], ["ar", "ar", "يجب ربط حساب الموقع لدى"]] as const) {
    await page.goto(`${href}?lang=${language}`);
    const reason = page.getByRole("listitem").filter({ hasText: "Mastodon" }).locator(".share__reason");
    await expect(reason).toContainText(words);
    await expect(reason).toHaveAttribute("lang", tag);
  }
});

for (const [language, tag, words] of [["zh", "zh-Hans", "的账户须重新连接。"], ["ar", "ar", "يجب ربط حساب الموقع لدى"]] as const) {
  test(`why a delivery failed is said in the language of the page, here ${tag}`, async ({ page }) => {
    await page.goto(`/?lang=${language}`);
    const figure = page.getByRole("figure").first();
    await figure.locator("[data-cutline-open]").click();
    const overlay = page.getByRole("dialog");
    await overlay.getByRole("checkbox", { name: "Mastodon" }).check();
    await overlay.locator(".share-panel__share").click();
    const reason = overlay.locator(".share-outcome__reason");
    await expect(reason).toContainText(words);
    await expect(reason).toHaveAttribute("lang", tag);
  });
}

test("pressing share without a target says what is missing and leads there", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Used brushes");
  await overlay.share.click();
  await expect(overlay.problem).toHaveText("Choose where to share.");
  await expect(overlay.target("Board")).toBeFocused();
});

test("a share whose answer is lost keeps what was written, and the same press again is not shared twice", async ({ page, complaints }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Used brushes");
  await overlay.description.fill("Written with care");
  await overlay.target("Board").check();

  complaints.expect(/ERR_FAILED|net::/);
  const keys: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/api/share")) keys.push((JSON.parse(request.postData()!) as { key: string }).key);
  });
  let lost: { url: string } | undefined;
  const lose = async (route: Route) => {
    lost = (await (await route.fetch()).json()) as { url: string };
    await route.abort();
  };
  await page.route("**/api/share", lose, { times: 1 });
  await overlay.share.click();
  await expect(overlay.problem).toContainText("cannot be reached");
  await expect(overlay.description).toHaveValue("Written with care");

  await overlay.share.click();
  await expect(await overlay.receipt()).toHaveAttribute("href", lost!.url);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
});

test("a second server on the same data folder says so instead of taking the first one's deliveries", async ({ cutline }) => {
  await expect(startCutline({ env: { CUTLINE_DATA_DIR: cutline.dataDir } })).rejects.toThrow(/in use by another cutline/);
});
