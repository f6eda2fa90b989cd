// Posts on a real WordPress, read back through its interface as any visitor of it can.
import { type Lossy, startLossy } from "../fixtures/lossy.ts";
import { clipping, noise, remove, settled, share } from "../fixtures/shares.ts";
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";
import { startWordPress, type WordPress } from "../fixtures/wordpress.ts";

const test = base.extend<object, { wordpress: WordPress; lossy: Lossy; cutline: Cutline; target: string }>({
  wordpress: [
    async ({}, use) => {
      const wordpress = await startWordPress();
      await use(wordpress);
      await wordpress.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  lossy: [
    async ({ wordpress }, use) => {
      const lossy = await startLossy(wordpress.url);
      await use(lossy);
      await lossy.stop();
    },
    { scope: "worker" },
  ],
  target: [async ({ wordpress }, use) => use(`wordpress:${wordpress.account}`), { scope: "worker" }],
  cutline: [
    async ({ wordpress, lossy, sharedOrigin }, use) => {
      const cutline = await startCutline({
        config: configured(lossy.url, wordpress, wordpress.password),
        env: { CUTLINE_FETCH__ALLOW: sharedOrigin.host },
      });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

function configured(url: string, { account }: WordPress, password: string): string {
  return `[[targets]]\nplatform = "wordpress"\nserver = "${url}"\naccount = "${account}"\ntoken = "${password}"\n`;
}

const nuthatch = (cutline: Cutline) => ({ image_url: `${cutline.url}/pictures/demo/nuthatch.png` });

test("a part becomes an article with picture, words, alt text and link, byte by byte", async ({ cutline, wordpress, target, page }) => {
  const wish = { ...nuthatch(cutline), description: "Head <b>first</b> & calm\n\n[gallery]", alt: 'A "bird"', targets: [target] };
  const receipt = await share(cutline, wish);
  const delivery = await settled(cutline, receipt, target);
  expect(delivery).toMatchObject({ state: "posted" });
  const article = (await wordpress.posts()).find(({ link }) => link === delivery.url)!;
  expect(article).toMatchObject({ slug: expect.stringMatching(`^share-${receipt.id}-[0-9a-f]{8}$`), status: "publish" });
  const medium = (await wordpress.media()).find(({ id }) => article.content.rendered.includes(`wp-image-${id}`))!;
  expect(medium).toMatchObject({ alt_text: wish.alt, mime_type: "image/png" });
  const bytes = Buffer.from(await (await fetch(medium.source_url)).arrayBuffer());
  expect(bytes.equals(await clipping(receipt))).toBe(true);

  // As its readers see it: words are text, whatever stands in them.
  await page.goto(delivery.url!);
  await expect(page.getByText("Head <b>first</b> & calm")).toHaveCount(2);
  await expect(page.getByText("[gallery]")).toBeVisible();
  await expect(page.getByRole("img", { name: wish.alt })).toBeVisible();
  await expect(page.getByRole("link", { name: receipt.url })).toHaveAttribute("href", receipt.url);
});

test("an address among the words is not made into a frame of what it leads to", async ({ cutline, wordpress, target, page }) => {
  const shown = await wordpress.write("<p>Shown elsewhere</p>");
  // What WordPress makes of an address that stands alone in a paragraph: a frame, of its own articles without asking anybody.
  const byHand = await wordpress.write(`<p>${shown.link}</p>`);
  await page.goto(byHand.link);
  await expect(page.locator(".wp-embedded-content").first()).toBeAttached();
  const description = `See\n\n${shown.link}`;
  const receipt = await share(cutline, { ...nuthatch(cutline), description, alt: "A bird", targets: [target] });
  const delivery = await settled(cutline, receipt, target);
  expect(delivery).toMatchObject({ state: "posted" });
  await page.goto(delivery.url!);
  await expect(page.getByText(shown.link)).toBeVisible();
  await expect(page.locator("iframe, video, audio, embed, object, .wp-embedded-content")).toHaveCount(0);
});

test("a picture that PHP does not take is told in WordPress' own words, although it answers with 500", async ({ cutline, target, origin }) => {
  origin.put("/noise.png", noise(1100, 900));
  const receipt = await share(cutline, {
    image_url: `${origin.url}/noise.png`,
    region: "xywh=percent:0,0,100,100",
    description: "",
    alt: "",
    targets: [target],
  });
  const delivery = await settled(cutline, receipt, target);
  expect(delivery.state).toBe("failed");
  expect(delivery.reason).toContain("exceeds the upload_max_filesize");
});

test("an article whose answer was lost is found by its name and is one", async ({ cutline, wordpress, lossy, target }) => {
  const before = lossy.lost();
  lossy.loseNext(/POST .*\/wp\/v2\/posts/);
  const receipt = await share(cutline, { ...nuthatch(cutline), description: "Lost on the way back", alt: "", targets: [target] });
  expect(await settled(cutline, receipt, target)).toMatchObject({ state: "posted" });
  expect(lossy.lost()).toBe(before + 1);
  const ours = (await wordpress.posts()).filter(({ slug }) => slug.startsWith(`share-${receipt.id}-`));
  expect(ours).toHaveLength(1);
});

test("a deleted share takes its article and its picture along", async ({ cutline, wordpress, target }) => {
  const receipt = await share(cutline, { ...nuthatch(cutline), description: "Regretted", alt: "", targets: [target] });
  await settled(cutline, receipt, target);
  const articles = async () => (await wordpress.posts()).filter(({ slug }) => slug.startsWith(`share-${receipt.id}-`)).length;
  expect(await articles()).toBe(1);
  const media = (await wordpress.media()).length;
  await remove(cutline, receipt);
  await expect.poll(articles).toBe(0);
  await expect.poll(async () => (await wordpress.media()).length).toBe(media - 1);
});

test("a password that is not hers is told as such", async ({ wordpress, target }) => {
  const cutline = await startCutline({ config: configured(wordpress.url, wordpress, "abcdEFGH1234ijklMNOP5678") });
  try {
    const receipt = await share(cutline, { ...nuthatch(cutline), description: "", alt: "", targets: [target] });
    const reason = "The site's account at 127.0.0.1 must be connected again.";
    expect(await settled(cutline, receipt, target)).toMatchObject({ state: "failed", reason });
  } finally {
    await cutline.stop();
  }
});
