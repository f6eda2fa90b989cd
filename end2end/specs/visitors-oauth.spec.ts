// A visitor signs in at an OAuth 2 server that the site's owner has added by configuration, on its own pages, and shares to a
// service that takes its tokens; what must not connect anything does not.
import { heldBack, type OAuth, signIn, startOAuth } from "../fixtures/oauth.ts";
import { freePort } from "../fixtures/ports.ts";
import { clipping, remove } from "../fixtures/shares.ts";
import { expect, test as base, type Cutline } from "../fixtures/test.ts";
import { disconnect, shareFromGallery, startForVisitors } from "../fixtures/visitors.ts";

const CALLBACK = "**/accounts/callback/**";

const test = base.extend<object, { port: number; oauth: OAuth; cutline: Cutline }>({
  port: [async ({}, use) => use(await freePort()), { scope: "worker" }],
  oauth: [
    async ({ port }, use) => {
      const oauth = await startOAuth(port);
      await use(oauth);
      await oauth.stop();
    },
    { scope: "worker" },
  ],
  cutline: [
    async ({ port, oauth }, use) => {
      const env = { CUTLINE_LISTEN: `127.0.0.1:${port}` };
      const cutline = await startForVisitors(oauth.hosts, { config: oauth.config, env });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

test("sign in and consent there, dwell, select, share, read back, delete, disconnect", async ({ page, oauth, cutline }) => {
  test.slow();
  await signIn(page, oauth, "alice");
  const asked = page.waitForRequest(CALLBACK);
  await page.getByRole("button", { name: "Continue" }).click();
  const back = new URL((await asked).url());
  await expect(page.getByRole("status")).toHaveText("The account is connected.");
  expect(back.searchParams.get("iss")).toBe(oauth.issuer);
  expect(new URL(page.url()).search, "no code stays in the address").toBe("?done=connected");
  await expect(page.getByRole("listitem").filter({ hasText: "alice the first" })).toContainText("Example Pictures");

  const words = { description: "To a service of my own", alt: "A bird, head down" };
  const receipt = await shareFromGallery(page, "alice the first", words);
  const first = (await oauth.shares()).find(({ link }) => link === receipt.url)!;
  expect(first).toMatchObject({ ...words, account: "alice" });
  expect(first.picture).toMatchObject({ type: receipt.clipping.type, width: receipt.clipping.width, height: receipt.clipping.height });
  expect(Buffer.from(first.picture.base64, "base64").equals(await clipping(receipt))).toBe(true);
  expect(receipt.deliveries[0]!.url).toBe(`${new URL(oauth.service).origin}/${first.id}`);

  // Tokens end after three seconds here: the next share goes out with another one, had for the refresh token.
  const shared = Date.now();
  await expect.poll(() => Date.now() - shared, { timeout: 10_000 }).toBeGreaterThan(3_000);
  const again = await shareFromGallery(page, "alice the first", { ...words, description: "And once more" });
  const second = (await oauth.shares()).find(({ link }) => link === again.url)!;
  expect(second.by).not.toBe(first.by);
  expect(oauth.log()).toContain("refresh_token.consumed");

  const refused = await shareFromGallery(page, "alice the first", { ...words, description: "forbidden words" }, "failed");
  expect(refused.deliveries[0]!.reason).toBe("127.0.0.1 refused the post: These words are not taken here");

  const exported = await page.evaluate(async () => (await fetch("/accounts/export")).json());
  const { delete_url } = exported.accounts[0].shares.find(({ url }: { url: string }) => url === receipt.url);
  await remove(cutline, { ...receipt, delete_url });
  await expect.poll(async () => (await oauth.shares()).some(({ link }) => link === receipt.url)).toBe(false);

  await disconnect(page);
  await expect.poll(oauth.log).toContain("grant.revoked");
  const secrets = [back.searchParams.get("code")!, back.searchParams.get("state")!, "the-secret:of+cutline"];
  for (const secret of secrets) expect(cutline.log()).not.toContain(secret);
});

test("who cancels there has nothing connected", async ({ page, oauth, complaints }) => {
  complaints.expect(/403/);
  await signIn(page, oauth, "bob");
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page.getByRole("alert")).toHaveText("You, or your server, said no. Nothing is connected.");
  await expect(page.getByText("No account is connected in this browser.")).toBeVisible();
});

test("an answer counts once, in one browser, with its own state and issuer", async ({ page, browser, oauth, cutline, complaints }) => {
  complaints.expect(/400/);
  test.slow();
  const stale = "This sign-in is over, or began in another browser. Begin again.";
  const cases = [
    [(query: URLSearchParams) => query.set("state", "A".repeat(43)), stale],
    [(query: URLSearchParams) => query.delete("state"), stale],
    [(query: URLSearchParams) => query.set("iss", "https://evil.example"), "The answer came from another server"],
    [(query: URLSearchParams) => query.delete("iss"), "The answer came from another server"],
    [(query: URLSearchParams) => query.set("code", "another"), "The server did not take the sign-in"],
  ] as const;
  for (const [change, said] of cases) {
    const url = await heldBack(page, oauth, "carol");
    change(url.searchParams);
    await page.goto(url.href);
    await expect(page.getByRole("alert")).toContainText(said);
    await expect(page.getByText("No account is connected in this browser.")).toBeVisible();
  }
  const back = (await heldBack(page, oauth, "carol")).href;
  const other = await browser.newPage();
  await other.goto(back);
  await expect(other.getByRole("alert")).toHaveText(stale);
  await other.close();
  const exchanged = () => oauth.log().split("grant.success").length;
  const before = exchanged();
  await page.goto(back);
  await expect(page.getByRole("status")).toHaveText("The account is connected.");
  await page.goto(back);
  await expect(page.getByRole("alert")).toHaveText(stale);
  expect(exchanged(), "the code was exchanged once").toBe(before + 1);
  expect(cutline.log()).not.toContain(new URL(back).searchParams.get("code"));
});

test("a code that has ended connects nothing", async ({ browser }) => {
  const port = await freePort();
  const oauth = await startOAuth(port, 1);
  const cutline = await startForVisitors(oauth.hosts, { config: oauth.config, env: { CUTLINE_LISTEN: `127.0.0.1:${port}` } });
  const page = await browser.newPage({ baseURL: cutline.url });
  try {
    const back = await heldBack(page, oauth, "dan");
    const came = Date.now();
    await expect.poll(() => Date.now() - came, { timeout: 10_000 }).toBeGreaterThan(2_000);
    await page.goto(back.href);
    await expect(page.getByRole("alert")).toContainText("The server did not take the sign-in: perhaps it took too long.");
    expect(oauth.log()).toContain("grant.error");
  } finally {
    await page.close();
    await cutline.stop();
    await oauth.stop();
  }
});
