// What becomes of a share is heard, and not asked for: the page's clock stands still in these tests, so that nothing could be
// asked again. Where the server cannot tell, it is asked after all.
import type { Page } from "@playwright/test";

import { expect, type Origin, startCutline, test as base, type Cutline } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";

const TARGET = "mastodon:alice@example.social";

const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({ sharedOrigin }, use) => {
      const target = `[[targets]]\nplatform = "mastodon"\nserver = "${sharedOrigin.url}"\naccount = "alice@example.social"\ntoken = "secret"`;
      const cutline = await startCutline({ config: target });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

/** A platform that posts when it is told to: answers what lets it post. */
function platform(origin: Origin): () => void {
  let post = () => {};
  const told = new Promise<void>((resolve) => (post = resolve));
  const json = (body: object) => JSON.stringify(body);
  origin.put("/api/v2/instance", json({ version: "4.3.1" }));
  origin.put("/api/v2/media", json({ id: "7", url: "https://files.example.social/7.png" }));
  origin.put("/api/v1/statuses", async (_request, response) => {
    await told;
    response.writeHead(200, { "content-type": "application/json" }).end(json({ id: "1", url: "https://example.social/@alice/1" }));
  });
  return () => post();
}

/** The paths that the page asks for from now on. */
function asked(page: Page): string[] {
  const paths: string[] = [];
  page.on("request", (request) => paths.push(new URL(request.url()).pathname));
  return paths;
}

async function shareInOverlay(page: Page) {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const { overlay } = gallery;
  await gallery.opener("Nuthatch, head first").click();
  await overlay.target("Mastodon").check();
  await overlay.share.click();
  await overlay.receipt();
  return overlay;
}

test("the overlay hears that a platform has posted", async ({ page, origin }) => {
  const post = platform(origin);
  const paths = asked(page);
  const overlay = await shareInOverlay(page);
  await expect(overlay.delivery("Mastodon")).toContainText(/sending \((picture uploaded|post sent)\)/);
  post();
  await expect(overlay.delivery("Mastodon").getByRole("link", { name: "See the post" })).toBeVisible();
  expect(paths.filter((path) => path.endsWith("/events"))).toHaveLength(1);
  expect(paths).not.toContain("/api/receipt");
});

test("what becomes of a share leaves the focus where the visitor has put it", async ({ page, origin }) => {
  const post = platform(origin);
  const overlay = await shareInOverlay(page);
  await expect(await overlay.receipt()).toBeFocused();
  await expect(overlay.delivery("Mastodon")).toContainText("sending");
  const save = overlay.dialog.getByRole("link", { name: "Save the picture" });
  await save.focus();
  post();
  await expect(overlay.delivery("Mastodon")).toContainText("posted");
  await expect(save).toBeFocused();
});

test("an overlay that is closed hears no more", async ({ page, origin, cutline }) => {
  const post = platform(origin);
  const closed = page.waitForEvent("requestfailed", (request) => /shares\/[^/]+\/events$/.test(request.url()));
  const overlay = await shareInOverlay(page);
  await expect(overlay.delivery("Mastodon")).toContainText("sending");
  await overlay.close.click();
  expect((await closed).url()).toContain(cutline.url);
  post();
});

for (const isPosted of [true, false]) test(`closed while a platform posts, the overlay tells ${isPosted ? "what came of it" : "how it stands, once,"} when the picture is opened again, with the link that deletes it`, async ({ page, origin }) => {
  const post = platform(origin);
  const overlay = await shareInOverlay(page);
  await expect(overlay.delivery("Mastodon")).toContainText("sending");
  const deletion = overlay.dialog.getByRole("link", { name: "Delete this share" });
  const link = (await deletion.getAttribute("href"))!;
  const opener = new GalleryPage(page).opener("Nuthatch, head first");
  const reopen = async () => {
    await overlay.close.click();
    await expect(overlay.dialog).toHaveCount(0);
    await opener.click();
  };
  await reopen();
  await expect(overlay.delivery("Mastodon")).toContainText("sending");
  if (isPosted) {
    post();
    await expect(overlay.delivery("Mastodon")).toContainText("posted");
  }
  await expect(deletion).toHaveAttribute("href", link);
  // Seen to its end, or once more, it is over.
  await reopen();
  await expect(overlay.share).toBeVisible();
  await expect(overlay.delivery("Mastodon")).toHaveCount(0);
  post();
});

test("an overlay is told that its share was deleted", async ({ page, origin, complaints }) => {
  const post = platform(origin);
  complaints.expect(/410/);
  const overlay = await shareInOverlay(page);
  await expect(overlay.delivery("Mastodon")).toContainText("sending");
  const link = (await overlay.dialog.getByRole("link", { name: "Delete this share" }).getAttribute("href"))!;
  expect((await page.request.post(link)).status()).toBe(200);
  await expect(overlay.problem).toContainText("has deleted it");
  post();
});

test("where the server cannot tell, the overlay asks", async ({ page, origin, complaints }) => {
  const post = platform(origin);
  complaints.expect(/503/);
  await page.route("**/events", (route) => route.fulfill({ status: 503, body: "{}" }));
  const paths = asked(page);
  const overlay = await shareInOverlay(page);
  post();
  await expect(async () => {
    await page.clock.runFor(1_000);
    await expect(overlay.delivery("Mastodon")).toContainText("posted", { timeout: 500 });
  }).toPass();
  expect(paths).toContain("/api/receipt");
});

/** Shares without a page; answers the address of the share page. */
async function share(cutline: Cutline): Promise<{ url: string; delete_url: string }> {
  const answer = await fetch(`${cutline.url}/api/v1/shares`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      source: { image_url: `${cutline.url}/pictures/demo/nuthatch.png` },
      region: "pct:10,10,20,20",
      description: "Followed",
      targets: ["board", TARGET],
    }),
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as { url: string; delete_url: string };
}

const delivery = (page: Page) => page.getByRole("listitem").filter({ hasText: "Mastodon" });

test("the share page hears it too, in its language and without loading anew", async ({ page, origin, cutline }) => {
  const post = platform(origin);
  const { url } = await share(cutline);
  await page.clock.install();
  await page.goto(`${url}?lang=zh-Hans`);
  await expect(delivery(page)).toContainText("发送中");
  let loads = 0;
  page.on("load", () => loads++);
  post();
  await expect(delivery(page)).toContainText("已发布");
  await expect(delivery(page).getByRole("link")).toHaveAttribute("href", "https://example.social/@alice/1");
  expect(loads).toBe(0);
  await page.reload();
  await expect(delivery(page)).toContainText("已发布");
  await expect(page.locator("script[src*=share]")).toHaveCount(0);
});

test("a share page that cannot hear looks every two seconds", async ({ page, origin, cutline, complaints }) => {
  const post = platform(origin);
  complaints.expect(/503/);
  const { url } = await share(cutline);
  await page.route("**/events", (route) => route.fulfill({ status: 503, body: "{}" }));
  await page.clock.install();
  await page.goto(url);
  await expect(delivery(page)).toContainText("sending");
  post();
  await expect(async () => {
    await page.clock.runFor(2_000);
    await expect(delivery(page)).toContainText("posted", { timeout: 500 });
  }).toPass();
});

test("who reads a share while it is deleted sees that it is gone", async ({ page, origin, cutline, complaints }) => {
  const post = platform(origin);
  complaints.expect(/410/);
  const { url, delete_url } = await share(cutline);
  await page.goto(url);
  await expect(delivery(page)).toContainText("sending");
  expect((await page.request.post(delete_url)).status()).toBe(200);
  await expect(page.getByText("has deleted it")).toBeVisible();
  post();
});
