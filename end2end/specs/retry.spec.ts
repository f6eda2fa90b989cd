// Of several targets of one share those that failed are sent again, each alone or all at once; what was posted is left alone. The
// page's clock stands still: how it goes on is heard.
import type { Page } from "@playwright/test";

import { expect, type Origin, playMastodon, testWithAccounts } from "../fixtures/mastodon.ts";
import { GalleryPage } from "../pages/gallery.ts";

const NAMES = ["alice", "bob", "carol"];
const ALL_AGAIN = "Try all again";

const test = testWithAccounts(NAMES);

/** A platform that posts for those who are `welcome`, and tells which posts were asked of it, by whose name and key. */
function platform(origin: Origin, welcome: Set<string>): { who: string; key: string }[] {
  const asked: { who: string; key: string }[] = [];
  playMastodon(origin, (who, key) => {
    asked.push({ who, key });
    return welcome.has(who)
      ? [200, { id: who, url: `https://example.social/@${who}/1` }]
      : [422, { error: `Validation failed: ${who} is not welcome` }];
  });
  return asked;
}

async function shareToAll(page: Page) {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const { overlay } = gallery;
  await gallery.opener("Nuthatch, head first").click();
  for (const name of NAMES) await overlay.target(name).check();
  await overlay.share.click();
  await overlay.receipt();
  return overlay;
}

test("one of several that failed is sent again alone, and the overlay hears how that goes", async ({ page, origin }) => {
  const welcome = new Set(["alice"]);
  const asked = platform(origin, welcome);
  const overlay = await shareToAll(page);
  await expect(overlay.delivery("alice")).toContainText("posted");
  for (const name of ["bob", "carol"]) await expect(overlay.delivery(name)).toContainText(`${name} is not welcome`);
  const again = (name: string) => overlay.delivery(name).getByRole("button", { name: new RegExp(`^Try again: Mastodon @?${name}@example.social$`) });
  await expect(again("alice")).toHaveCount(0);
  await expect(again("carol")).toBeVisible();
  await expect(overlay.dialog.getByRole("button", { name: ALL_AGAIN })).toBeVisible();

  welcome.add("bob").add("carol");
  await again("bob").click();
  await expect(overlay.delivery("bob").getByRole("link", { name: "See the post" })).toHaveAttribute("href", "https://example.social/@bob/1");
  await expect(overlay.delivery("carol")).toContainText("failed");
  expect(asked.map(({ who }) => who).sort()).toEqual(["alice", "bob", "bob", "carol"]);
  // Each delivery has a key of its own, and keeps it.
  const keys = (name: string) => new Set(asked.filter(({ who }) => who === name).map(({ key }) => key));
  expect(keys("bob").size).toBe(1);
  expect(new Set(asked.map(({ key }) => key)).size).toBe(3);
  // With one left, there is no need for a button for all.
  await expect(overlay.dialog.getByRole("button", { name: ALL_AGAIN })).toHaveCount(0);
  await again("carol").click();
  await expect(overlay.delivery("carol")).toContainText("posted");
  await expect(overlay.dialog.getByRole("button", { name: "Try again" })).toHaveCount(0);
});

test("all that failed is sent again at once, and a press too many posts nothing twice", async ({ page, origin }) => {
  const welcome = new Set(["bob"]);
  const asked = platform(origin, welcome);
  const overlay = await shareToAll(page);
  for (const name of ["alice", "carol"]) await expect(overlay.delivery(name)).toContainText("not welcome");
  welcome.add("alice").add("carol");
  await overlay.dialog.getByRole("button", { name: ALL_AGAIN }).dblclick();
  for (const name of NAMES) await expect(overlay.delivery(name)).toContainText("posted");
  expect(asked.map(({ who }) => who).sort()).toEqual(["alice", "alice", "bob", "carol", "carol"]);
});

test("what cannot be sent again just now stays shared, and says why", async ({ page, origin, complaints }) => {
  const welcome = new Set(["alice"]);
  platform(origin, welcome);
  const overlay = await shareToAll(page);
  await expect(overlay.delivery("bob")).toContainText("not welcome");
  welcome.add("bob");
  complaints.expect(/ERR_FAILED|net::/);
  await page.route("**/api/retry", (route) => route.abort(), { times: 1 });
  const again = overlay.delivery("bob").getByRole("button");
  await again.click();
  await expect(overlay.problem).toContainText("cannot be reached");
  await expect(await overlay.receipt()).toBeFocused();
  await again.click();
  await expect(overlay.delivery("bob")).toContainText("posted");
  await expect(overlay.problem).toHaveCount(0);
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("the share page sends one of several again alone", async ({ page, origin, cutline }) => {
    const welcome = new Set<string>();
    const asked = platform(origin, welcome);
    const share = await page.request.post(`${cutline.url}/api/v1/shares`, {
      data: {
        source: { image_url: `${cutline.url}/pictures/demo/nuthatch.png` },
        region: "pct:10,10,20,20",
        description: "Followed",
        targets: ["alice", "bob"].map((name) => `mastodon:${name}@example.social`),
      },
    });
    const { id, url } = (await share.json()) as { id: string; url: string };
    await expect.poll(async () => JSON.stringify(await (await fetch(`${cutline.url}/api/v1/shares/${id}`)).json())).toMatch(/failed.*failed/);
    await page.goto(url);
    welcome.add("alice").add("bob");
    const line = (name: string) => page.getByRole("listitem").filter({ hasText: name });
    await line("bob").getByRole("button", { name: "Try again: Mastodon" }).click();
    await expect(line("bob")).toContainText("posted");
    await expect(line("alice")).toContainText("failed");
    expect(asked.map(({ who }) => who).sort()).toEqual(["alice", "bob", "bob"]);
  });
});
