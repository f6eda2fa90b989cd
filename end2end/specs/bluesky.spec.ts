// Posts on Bluesky's own data server, read back through its interface.
import { type Bluesky, startBluesky } from "../fixtures/bluesky.ts";
import { type Lossy, startLossy } from "../fixtures/lossy.ts";
import { clipping, noise, remove, settled, share } from "../fixtures/shares.ts";
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";

const TARGET = "bluesky:alice.test";
const FAMILY = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}";

const test = base.extend<object, { bluesky: Bluesky; lossy: Lossy; cutline: Cutline }>({
  bluesky: [
    async ({}, use) => {
      const bluesky = await startBluesky();
      await use(bluesky);
      await bluesky.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  lossy: [
    async ({ bluesky }, use) => {
      const lossy = await startLossy(bluesky.url);
      await use(lossy);
      await lossy.stop();
    },
    { scope: "worker" },
  ],
  cutline: [
    async ({ bluesky, lossy, sharedOrigin }, use) => {
      const cutline = await startCutline({
        config: target(lossy.url, bluesky.password),
        env: { CUTLINE_FETCH__ALLOW: sharedOrigin.host },
      });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

function target(url: string, password: string): string {
  return `[[targets]]\nplatform = "bluesky"\nserver = "${url}"\naccount = "alice.test"\ntoken = "${password}"\n`;
}

test("a part arrives with words, alt text and a link that is one, byte by byte", async ({ cutline, bluesky }) => {
  const words = "中 The nuthatch, head first";
  const wish = { description: words, alt: "A bird on a trunk", targets: [TARGET] };
  const receipt = await share(cutline, { image_url: `${cutline.url}/pictures/demo/nuthatch.png`, ...wish });
  const delivery = await settled(cutline, receipt, TARGET);
  expect(delivery).toMatchObject({ state: "posted" });
  const { uri, value } = (await bluesky.posts()).find(({ value }) => value.text.startsWith(words))!;
  expect(delivery.url).toBe(`https://bsky.app/profile/alice.test/post/${uri.split("/").pop()}`);
  expect(value.text.endsWith(receipt.url)).toBe(true);
  const [facet, ...others] = value.facets!.filter(({ features }) => features[0]!.uri === receipt.url);
  expect(others).toHaveLength(0);
  const { byteStart, byteEnd } = facet!.index;
  expect(Buffer.from(value.text).subarray(byteStart, byteEnd).toString()).toBe(receipt.url);
  const [image] = value.embed.images;
  expect(image).toMatchObject({
    alt: wish.alt,
    aspectRatio: { width: receipt.clipping.width, height: receipt.clipping.height },
    image: { mimeType: "image/png" },
  });
  expect((await bluesky.blob(image!.image.ref.$link)).equals(await clipping(receipt))).toBe(true);
});

test("what is too large and too long is made to fit", async ({ cutline, bluesky, origin }) => {
  origin.put("/noise.png", noise(1100, 900));
  const words = `Families: ${FAMILY.repeat(400)}`;
  const receipt = await share(cutline, {
    image_url: `${origin.url}/noise.png`,
    region: "xywh=percent:0,0,100,100",
    description: words,
    alt: "Noise",
    targets: [TARGET],
  });
  expect(receipt.clipping.bytes).toBeGreaterThan(2_000_000);
  expect(await settled(cutline, receipt, TARGET)).toMatchObject({ state: "posted" });
  const { value } = (await bluesky.posts()).find(({ value }) => value.text.startsWith("Families"))!;
  expect([...new Intl.Segmenter().segment(value.text)].length).toBeLessThanOrEqual(300);
  expect(Buffer.byteLength(value.text)).toBeLessThanOrEqual(3000);
  expect(value.text).toMatch(new RegExp(`${FAMILY}…\n\n`));
  expect(value.text.endsWith(receipt.url)).toBe(true);
  const blob = await bluesky.blob(value.embed.images[0]!.image.ref.$link);
  expect(blob.length).toBeLessThanOrEqual(2_000_000);
  expect([...blob.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
});

test("a post whose answer was lost is sent again and is one", async ({ cutline, bluesky, lossy }) => {
  const before = lossy.lost();
  lossy.loseNext(/POST .*putRecord/);
  const receipt = await share(cutline, {
    image_url: `${cutline.url}/pictures/demo/nuthatch.png`,
    description: "Lost on the way back",
    alt: "",
    targets: [TARGET],
  });
  expect(await settled(cutline, receipt, TARGET)).toMatchObject({ state: "posted" });
  expect(lossy.lost()).toBe(before + 1);
  const ours = (await bluesky.posts()).filter(({ value }) => value.text.includes(receipt.url));
  expect(ours).toHaveLength(1);
});

test("a deleted share takes its post along", async ({ cutline, bluesky }) => {
  const receipt = await share(cutline, {
    image_url: `${cutline.url}/pictures/demo/nuthatch.png`,
    description: "Regretted",
    alt: "",
    targets: [TARGET],
  });
  await settled(cutline, receipt, TARGET);
  const ours = async () => (await bluesky.posts()).filter(({ value }) => value.text.includes(receipt.url)).length;
  expect(await ours()).toBe(1);
  await remove(cutline, receipt);
  await expect.poll(ours).toBe(0);
});

test("a password that is not hers is told as such", async ({ bluesky }) => {
  const cutline = await startCutline({ config: target(bluesky.url, "abcd-efgh-ijkl-mnop") });
  try {
    const receipt = await share(cutline, {
      image_url: `${cutline.url}/pictures/demo/nuthatch.png`,
      description: "",
      alt: "",
      targets: [TARGET],
    });
    const delivery = await settled(cutline, receipt, TARGET);
    expect(delivery).toMatchObject({ state: "failed", reason: "The site's account at 127.0.0.1 must be connected again." });
    expect(cutline.log()).toContain("Invalid identifier or password");
    expect(cutline.log()).not.toContain("abcd-efgh");
  } finally {
    await cutline.stop();
  }
});

test("a server that asks for a pause gets it, and one that takes smaller pictures only says so", async ({}, testInfo) => {
  testInfo.setTimeout(180_000);
  const small = await startBluesky(20_000);
  const cutline = await startCutline({ config: target(small.url, small.password) });
  try {
    const nuthatch = { image_url: `${cutline.url}/pictures/demo/nuthatch.png`, description: "", alt: "", targets: [TARGET] };
    const tooLarge = await settled(cutline, await share(cutline, nuthatch), TARGET);
    expect(tooLarge.state).toBe("failed");
    expect(tooLarge.reason).toMatch(/^127\.0\.0\.1 refused the post: .*(too large|limit)/i);
    // Thirty sessions in five minutes are what it gives for one name.
    const session = () => fetch(`${small.url}/xrpc/com.atproto.server.createSession`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ identifier: "alice.test", password: "not hers" }),
    });
    await expect.poll(async () => (await session()).status, { intervals: [1], timeout: 60_000 }).toBe(429);
    const other = await startCutline({ config: target(small.url, small.password) });
    try {
      const wish = { ...nuthatch, image_url: `${other.url}/pictures/demo/nuthatch.png` };
      const receipt = await share(other, wish);
      await expect.poll(other.log).toContain("asks for a pause before the next post");
      const now = (await (await fetch(`${other.url}/api/v1/shares/${receipt.id}`)).json()) as typeof receipt;
      expect(now.deliveries[0]!.state).toBe("queued");
    } finally {
      await other.stop();
    }
  } finally {
    await cutline.stop();
    await small.stop();
  }
});
