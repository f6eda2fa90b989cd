// A visitor connects an account on Bluesky's own data server by an app password, shares in their own name, and is rid of it again.
import type { Page } from "@playwright/test";

import { type Bluesky, startBluesky } from "../fixtures/bluesky.ts";
import { clipping, remove } from "../fixtures/shares.ts";
import { expect, test as base, type Cutline } from "../fixtures/test.ts";
import { disconnect, shareFromGallery, startForVisitors } from "../fixtures/visitors.ts";

const test = base.extend<object, { bluesky: Bluesky; cutline: Cutline }>({
  bluesky: [
    async ({}, use) => {
      const bluesky = await startBluesky();
      await use(bluesky);
      await bluesky.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  cutline: [
    async ({ bluesky }, use) => {
      // By both names: its pages for signing in know the second one.
      const { host, port } = new URL(bluesky.url);
      const cutline = await startForVisitors(`${host},localhost:${port}`);
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

/** Opens the page of accounts, and types an app password there. */
async function connectByPassword(page: Page, { url, account }: Bluesky, password: string): Promise<void> {
  await page.goto("/accounts");
  await page.getByText("Bluesky", { exact: true }).click();
  const form = page.locator("form").filter({ hasText: "App password" });
  await form.getByLabel("Handle").fill(`@${account}`);
  await form.getByLabel("App password").fill(password);
  await form.getByLabel("Data server").fill(url);
  await form.getByRole("button").click();
}

test("connect by an app password, dwell, select, share in one's own name, delete, disconnect", async ({ page, bluesky, cutline }) => {
  await connectByPassword(page, bluesky, bluesky.password);
  await expect(page.getByRole("status")).toHaveText("The account is connected.");
  await expect(page.getByRole("listitem").filter({ hasText: bluesky.account })).toBeVisible();

  const words = { description: "In my own name, 中", alt: "A bird, head down" };
  const receipt = await shareFromGallery(page, `@${bluesky.account}`, words);
  const post = (await bluesky.posts()).find(({ value }) => value.text.startsWith(words.description))!;
  expect(post.value.text.endsWith(receipt.url)).toBe(true);
  expect(post.value.facets![0]!.features[0]!.uri).toBe(receipt.url);
  const [image] = post.value.embed.images;
  expect(image).toMatchObject({ alt: words.alt, aspectRatio: { width: receipt.clipping.width, height: receipt.clipping.height } });
  expect((await bluesky.blob(image!.image.ref.$link)).equals(await clipping(receipt))).toBe(true);

  // Deleted by the link that the export gives its visitor.
  const exported = await page.evaluate(async () => (await fetch("/accounts/export")).json());
  const [{ delete_url }] = exported.accounts[0].shares;
  await remove(cutline, { ...receipt, delete_url });
  await expect.poll(async () => (await bluesky.posts()).length).toBe(0);

  await disconnect(page);
  await page.goto("/g/demo");
  expect(await page.content()).not.toContain("bluesky:~");
  for (const secret of [bluesky.password, "for the tests"]) expect(cutline.log()).not.toContain(secret);
});

test("a password that is wrong, and one that is the account's own, connect nothing", async ({ page, bluesky, cutline, complaints }) => {
  complaints.expect(/422/);
  for (const password of ["abcd-efgh-ijkl-mnop", "for the tests"]) {
    await connectByPassword(page, bluesky, password);
    await expect(page.getByRole("alert")).toContainText("opens nothing there");
    await expect(page.getByText("No account is connected in this browser.")).toBeVisible();
  }
  expect(cutline.log()).not.toContain("abcd-efgh");
  expect(cutline.log()).not.toContain("for the tests");
});

test("an app password that was taken back there asks to connect again", async ({ page, bluesky }) => {
  const { name, password } = await bluesky.appPassword();
  await connectByPassword(page, bluesky, password);
  await expect(page.getByRole("status")).toHaveText("The account is connected.");
  await bluesky.takeBack(name);
  const receipt = await shareFromGallery(page, `@${bluesky.account}`, { description: "Taken back", alt: "" }, "failed");
  expect(receipt.deliveries[0]!.reason).toContain("must be connected again");
  await page.goto("/accounts");
  await expect(page.getByText("The server no longer takes what this site has of the account.")).toBeVisible();
});

/** Goes to the server's own page, and signs in there; its page for consent is open then. */
async function signIn(page: Page, { url, account }: Bluesky): Promise<void> {
  await page.goto("/accounts");
  await page.getByText("Bluesky", { exact: true }).click();
  const form = page.locator("form").filter({ hasText: "Sign in there" }).filter({ hasText: "Data server" });
  await form.getByLabel("Data server").fill(url.replace("127.0.0.1", "localhost"));
  await form.getByRole("button").click();
  await page.waitForURL("http://localhost:*/oauth/authorize**");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("textbox", { name: /username|handle|identifier/i }).fill(account);
  await page.locator("input[type=password]").fill("for the tests");
  await page.getByRole("button", { name: /^(sign in|next)$/i }).click();
  await page.getByRole("button", { name: /^(authorize|accept|allow)$/i }).waitFor();
}

test("sign in on the server's own page, share with a token that is bound to a key, disconnect", async ({ page, bluesky, cutline, complaints }) => {
  // Of its own pages; the first says not which.
  complaints.expect(/document-domain/);
  complaints.leaveOut(bluesky.url.replace("127.0.0.1", "localhost"));
  await signIn(page, bluesky);
  const asked = page.waitForRequest("**/accounts/callback/**");
  await page.getByRole("button", { name: /^(authorize|accept|allow)$/i }).click();
  const back = new URL((await asked).url());
  await expect(page.getByRole("status")).toHaveText("The account is connected.");
  const words = { description: "Signed in, with a proof of it", alt: "A bird, head down" };
  const receipt = await shareFromGallery(page, `@${bluesky.account}`, words);
  const post = (await bluesky.posts()).find(({ value }) => value.text.startsWith(words.description))!;
  expect(post.value.text.endsWith(receipt.url)).toBe(true);
  expect((await bluesky.blob(post.value.embed.images[0]!.image.ref.$link)).equals(await clipping(receipt))).toBe(true);
  await disconnect(page);
  const secrets = ["code", "state"].map((name) => back.searchParams.get(name)!);
  for (const secret of [...secrets, "for the tests"]) expect(cutline.log()).not.toContain(secret);
});
