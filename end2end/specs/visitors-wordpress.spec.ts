// A visitor lets a real WordPress site be posted to, on its own page that asks, shares there in their own name, and is rid of it
// again, there too.
import type { Page } from "@playwright/test";

import { clipping, remove } from "../fixtures/shares.ts";
import { type Complaints, expect, test as base, type Cutline } from "../fixtures/test.ts";
import { disconnect, shareFromGallery, startForVisitors } from "../fixtures/visitors.ts";
import { startWordPress, type WordPress } from "../fixtures/wordpress.ts";

const test = base.extend<object, { wordpress: WordPress; cutline: Cutline }>({
  wordpress: [
    async ({}, use) => {
      const wordpress = await startWordPress();
      await use(wordpress);
      await wordpress.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  cutline: [
    async ({ wordpress }, use) => {
      const cutline = await startForVisitors(new URL(wordpress.url).host);
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

/** From the page of accounts to the site's own page that asks, with a login on the way. */
async function askThere(page: Page, complaints: Complaints, { url }: WordPress): Promise<void> {
  // Who logs in before WordPress's scripts are all there leaves some of them without the others that they need.
  complaints.leaveOut(url);
  // Its pages want the user's picture from elsewhere.
  await page.route(/gravatar\.com/, (route) => route.fulfill({ contentType: "image/svg+xml", body: "<svg xmlns='http://www.w3.org/2000/svg'/>" }));
  await page.goto("/accounts");
  await page.getByText("WordPress", { exact: true }).click();
  await page.getByLabel("Your site's address").fill(`${url}/wp-admin/`);
  await page.getByRole("button", { name: "Allow it there" }).click();
  const username = page.getByLabel("Username or Email Address");
  // A script of WordPress' goes there a moment after the page has come; what is typed meanwhile ends in the wrong field.
  await expect(username).toBeFocused();
  await username.fill("alice");
  await page.getByLabel("Password", { exact: true }).fill("for-tests");
  await page.getByRole("button", { name: "Log In" }).click();
  await expect(page.getByRole("heading", { name: "Authorize Application" })).toBeVisible();
}

test("allow it on the site's own page, dwell, select, share, read back, delete, disconnect", async ({ page, wordpress, cutline, complaints }) => {
  test.slow();
  await askThere(page, complaints, wordpress);
  const before = await wordpress.passwords();
  const asked = page.waitForRequest("**/accounts/callback/**");
  await page.getByRole("button", { name: "Yes, I approve of this connection" }).click();
  const back = new URL((await asked).url());
  await expect(page.getByRole("status")).toHaveText("The account is connected.");
  expect(new URL(page.url()).search, "no password stays in the address").toBe("?done=connected");
  expect(await wordpress.passwords()).toBe(before + 1);

  const words = { description: "In my own name", alt: "A bird, head down" };
  const receipt = await shareFromGallery(page, wordpress.account, words);
  const article = (await wordpress.posts()).find(({ slug }) => slug.startsWith(`share-${receipt.id}-`))!;
  expect(article.content.rendered).toContain(receipt.url);
  expect(article.content.rendered).toContain(words.description);
  const medium = (await wordpress.media()).find(({ id }) => article.content.rendered.includes(`wp-image-${id}`))!;
  expect(medium.alt_text).toBe(words.alt);
  const bytes = Buffer.from(await (await fetch(medium.source_url)).arrayBuffer());
  expect(bytes.equals(await clipping(receipt))).toBe(true);

  const exported = await page.evaluate(async () => (await fetch("/accounts/export")).json());
  const [{ delete_url }] = exported.accounts[0].shares;
  await remove(cutline, { ...receipt, delete_url });
  await expect.poll(async () => (await wordpress.posts()).some(({ slug }) => slug.startsWith(`share-${receipt.id}-`))).toBe(false);

  await disconnect(page);
  expect(await wordpress.passwords(), "the password is ended there").toBe(before);
  const secrets = [back.searchParams.get("password")!, back.searchParams.get("state")!, "for-tests"];
  for (const secret of secrets) expect(cutline.log()).not.toContain(secret);
});

test("who says no there has nothing connected", async ({ page, wordpress, complaints }) => {
  complaints.expect(/403/);
  await askThere(page, complaints, wordpress);
  const before = await wordpress.passwords();
  await page.getByRole("button", { name: "No, I do not approve of this connection" }).click();
  await expect(page.getByRole("alert")).toHaveText("You, or your server, said no. Nothing is connected.");
  expect(await wordpress.passwords()).toBe(before);
});

test("what is no WordPress is told as such", async ({ page, sharedOrigin, complaints }) => {
  complaints.expect(/422|502/);
  for (const [address, said] of [
    [`${sharedOrigin.url}`, "There is no server of that name that can be called"],
    ["two words", "There is no server of that name that can be called"],
  ] as const) {
    await page.goto("/accounts");
    await page.getByText("WordPress", { exact: true }).click();
    await page.getByLabel("Your site's address").fill(address);
    await page.getByRole("button", { name: "Allow it there" }).click();
    await expect(page.getByRole("alert")).toContainText(said);
  }
});
