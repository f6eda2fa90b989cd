// A visitor connects an account of their own at a real Mastodon-API server, on that server's own page, and shares in their
// own name; with script and without, in three languages and dark; and is rid of it again.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { connect, expect, signIn, test } from "../fixtures/accounts.ts";
import { expectNoViolations } from "../fixtures/axe.ts";
import { GalleryPage } from "../pages/gallery.ts";

test("connect on the server's own page, dwell, select, share in one's own name, disconnect", async ({ page, snac, cutline }) => {
  await connect(page, snac);
  expect(new URL(page.url()).search, "no code stays in the address").toBe("?done=connected");
  const mine = `@${snac.account}@${snac.host}`;
  await expect(page.getByRole("listitem").filter({ hasText: `${snac.account}@${snac.host}` })).toBeVisible();

  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Nuthatch, head first");
  const words = "Shared in my own name";
  await overlay.description.fill(words);
  await overlay.alt.fill("A bird, head down");
  await overlay.target(mine).check();
  await overlay.share.click();
  const receipt = await overlay.receipt();
  await expect(async () => {
    await page.clock.runFor(1_000);
    await expect(overlay.delivery("Mastodon")).toContainText("posted", { timeout: 500 });
  }).toPass();

  // There: the words, the link, the alt text and, byte by byte, the clipping.
  const shareUrl = (await receipt.getAttribute("href"))!;
  const status = (await snac.statuses()).find(({ content }) => content.includes(words))!;
  expect(status.content).toContain(shareUrl);
  const [attachment] = status.media_attachments;
  expect(attachment!.description).toBe("A bird, head down");
  const id = shareUrl.split("/").at(-1);
  const { clipping } = (await (await fetch(`${cutline.url}/api/v1/shares/${id}`)).json()) as { clipping: { url: string } };
  const [arrived, kept] = await Promise.all([attachment!.url, clipping.url].map(async (url) => Buffer.from(await (await fetch(url)).arrayBuffer())));
  expect(arrived!.equals(kept!)).toBe(true);
  // The public page does not say whose account it was.
  const sharePage = await (await fetch(shareUrl)).text();
  expect(sharePage).toContain("Mastodon");
  expect(sharePage).not.toContain(snac.account + "@");

  await page.clock.resume();
  await page.goto("/accounts");
  await page.getByRole("button", { name: "Disconnect:" }).click();
  await expect(page.getByRole("status")).toHaveText("The account is disconnected.");
  await expect(page.getByText("No account is connected in this browser.")).toBeVisible();
  await page.goto("/g/demo");
  expect(await page.content()).not.toContain("mastodon:~");
});

test("what is secret is in neither the logs nor the data folder", async ({ page, context, snac, cutline }) => {
  const code = await connect(page, snac);
  const cookie = (await context.cookies()).find(({ name }) => name === "cutline")!;
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  const secrets = [code, cookie.value, snac.password];
  for (const secret of secrets) expect(cutline.log()).not.toContain(secret);
  for (const file of await readdir(cutline.dataDir)) {
    if (!file.startsWith("cutline.db")) continue;
    const bytes = await readFile(join(cutline.dataDir, file));
    for (const secret of secrets) expect(bytes.includes(secret), `${secret} in ${file}`).toBe(false);
  }
});

test("the page shows no violation in three languages, light and dark", async ({ page, snac }) => {
  await connect(page, snac);
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const language of ["en", "zh", "ar"]) {
      await page.goto(`/accounts?lang=${language}`);
      await expectNoViolations(page, `${language}, ${scheme}`);
    }
  }
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("connect, share by the form, delete everything", async ({ page, context, snac }) => {
    await connect(page, snac);
    await page.goto("/");
    await page.getByRole("figure").filter({ hasText: "Nuthatch, head first" }).getByRole("link", { name: "Share a part" }).click();
    const words = "In my own name, without any script";
    await page.getByLabel("Description").fill(words);
    await page.getByRole("checkbox", { name: `@${snac.account}@${snac.host}` }).check();
    await page.getByRole("button", { name: "Share", exact: true }).click();
    await expect(page.getByRole("listitem").filter({ hasText: "Mastodon" })).toContainText("posted");
    expect((await snac.statuses()).some(({ content }) => content.includes(words))).toBe(true);
    await page.goto("/accounts");
    await page.getByRole("button", { name: "Disconnect all and delete it" }).click();
    await expect(page.getByRole("status")).toContainText("nothing is kept of this browser");
    expect((await context.cookies()).filter(({ name }) => name === "cutline")).toEqual([]);
  });
});

for (const [how, javaScriptEnabled] of [
  ["with script", true],
  ["without", false],
] as const) {
  test.describe(() => {
    test.use({ javaScriptEnabled });

    test(`a form that is being filled in waits while an account is connected, and finds it, ${how}`, async ({ page, context, snac, cutline }) => {
      const image = encodeURIComponent(`${cutline.url}/pictures/demo/nuthatch.png`);
      await page.goto(`/compose?image_url=${image}&x=10&y=20&w=30&h=40&lang=en`);
      const words = `Begun before I was connected, ${how}`;
      const filledIn = async () => {
        await expect(page.getByLabel("Description")).toHaveValue(words);
        await expect(page.getByLabel("Alt text")).toHaveValue("A bird, head down");
        await expect(page.getByLabel("Left %")).toHaveValue("12");
        await expect(page.getByRole("checkbox", { name: "Board" })).toBeChecked();
      };
      await page.getByLabel("Description").fill(words);
      await page.getByLabel("Alt text").fill("A bird, head down");
      await page.getByLabel("Left %").fill("12");
      await page.getByRole("checkbox", { name: "Board" }).check();
      const opened = context.waitForEvent("page");
      await page.getByRole("main").getByRole("link", { name: "My accounts" }).click();
      const other = await opened;
      await expect(other.getByText("it waits in its own window")).toBeVisible();
      await signIn(other, snac);
      // Told again: it was far away meanwhile.
      await expect(other.getByText("it waits in its own window")).toBeVisible();
      await other.close();
      await filledIn();
      const mine = page.getByRole("checkbox", { name: `@${snac.account}@${snac.host}` });
      await expect(mine).toHaveCount(0);
      await page.getByRole("button", { name: "Update the list" }).click();
      await filledIn();
      await expect(page.getByRole("group", { name: "Share to" })).toBeInViewport();
      await mine.check();
      await page.getByRole("button", { name: "Share", exact: true }).click();
      await expect(page.getByRole("heading", { name: words })).toBeVisible();
      await expect.poll(async () => (await snac.statuses()).filter(({ content }) => content.includes(words)).length).toBe(1);
    });
  });
}
