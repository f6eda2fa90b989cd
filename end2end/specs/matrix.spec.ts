// Messages in a room of a real homeserver, read back through its interface.
import { type Lossy, startLossy } from "../fixtures/lossy.ts";
import { type Matrix, startMatrix } from "../fixtures/matrix.ts";
import { clipping, noise, remove, settled, share } from "../fixtures/shares.ts";
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";

const ROOM = "matrix:#pictures:localhost";

const test = base.extend<object, { matrix: Matrix; lossy: Lossy; cutline: Cutline }>({
  matrix: [
    async ({}, use) => {
      const matrix = await startMatrix();
      await use(matrix);
      await matrix.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  lossy: [
    async ({ matrix }, use) => {
      const lossy = await startLossy(matrix.url);
      await use(lossy);
      await lossy.stop();
    },
    { scope: "worker" },
  ],
  cutline: [
    async ({ matrix, lossy, sharedOrigin }, use) => {
      const cutline = await startCutline({
        config: target(lossy.url, matrix.token) + target(lossy.url, matrix.token, "#nowhere:localhost"),
        env: { CUTLINE_FETCH__ALLOW: sharedOrigin.host },
      });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

function target(url: string, token: string, room = "#pictures:localhost"): string {
  return `[[targets]]\nplatform = "matrix"\nserver = "${url}"\naccount = "${room}"\ntoken = "${token}"\n`;
}

const nuthatch = (cutline: Cutline) => ({ image_url: `${cutline.url}/pictures/demo/nuthatch.png`, alt: "", region: "xywh=percent:40,40,10,10" });

test("a part arrives as a picture with its words, alt text and link, byte by byte", async ({ cutline, matrix }) => {
  const wish = { ...nuthatch(cutline), description: "Hello @room, head first", alt: "A bird on a trunk", targets: [ROOM] };
  const receipt = await share(cutline, wish);
  const delivery = await settled(cutline, receipt, ROOM);
  expect(delivery).toMatchObject({ state: "posted" });
  const { event_id, content } = (await matrix.messages()).find(({ content }) => content.body?.includes(receipt.url))!;
  expect(delivery.url).toContain(event_id);
  expect(content).toMatchObject({
    msgtype: "m.image",
    filename: "clipping.png",
    info: { mimetype: "image/png", size: receipt.clipping.bytes, w: receipt.clipping.width, h: receipt.clipping.height },
  });
  expect(content.body).toMatch(/^Hello @\u2060room, head first\n\n\[A bird on a trunk\]\n\n/);
  expect(content.body!.endsWith(receipt.url)).toBe(true);
  expect((await matrix.medium(content.url!)).equals(await clipping(receipt))).toBe(true);
});

test("a picture that is too large for this homeserver is made to fit", async ({ cutline, matrix, origin }) => {
  origin.put("/noise.png", noise(400, 300));
  const receipt = await share(cutline, {
    image_url: `${origin.url}/noise.png`,
    region: "xywh=percent:0,0,100,100",
    description: "Noise",
    alt: "",
    targets: [ROOM],
  });
  expect(receipt.clipping.bytes).toBeGreaterThan(100_000);
  expect(await settled(cutline, receipt, ROOM)).toMatchObject({ state: "posted" });
  const { content } = (await matrix.messages()).find(({ content }) => content.body?.includes(receipt.url))!;
  const bytes = await matrix.medium(content.url!);
  expect(bytes.length).toBeLessThanOrEqual(100_000);
  expect(content.info).toMatchObject({ mimetype: "image/jpeg", size: bytes.length });
});

test("a message whose answer was lost is sent again and is one", async ({ cutline, matrix, lossy }) => {
  const before = lossy.lost();
  lossy.loseNext(/PUT .*send/);
  const receipt = await share(cutline, { ...nuthatch(cutline), description: "Lost on the way back", targets: [ROOM] });
  expect(await settled(cutline, receipt, ROOM)).toMatchObject({ state: "posted" });
  expect(lossy.lost()).toBe(before + 1);
  expect((await matrix.messages()).filter(({ content }) => content.body?.includes(receipt.url))).toHaveLength(1);
});

test("a homeserver that asks for a pause gets it, and all of the messages", async ({ cutline, matrix }) => {
  test.slow();
  // It takes four at once, then one in five seconds: they are accepted together, so that they are sent within that.
  const before = cutline.log().length;
  const numbers = Array.from({ length: 14 }, (_, index) => index + 1);
  const receipts = await Promise.all(
    numbers.map((number) => share(cutline, { ...nuthatch(cutline), description: `Number ${number}`, targets: [ROOM] })),
  );
  for (const receipt of receipts) expect(await settled(cutline, receipt, ROOM)).toMatchObject({ state: "posted" });
  expect(cutline.log().slice(before)).toContain("asks for a pause before the next post");
  const bodies = (await matrix.messages()).map(({ content }) => content.body ?? "");
  for (const { url } of receipts) expect(bodies.filter((body) => body.includes(url))).toHaveLength(1);
});

test("a deleted share takes its message back", async ({ cutline, matrix }) => {
  const receipt = await share(cutline, { ...nuthatch(cutline), description: "Regretted", targets: [ROOM] });
  await settled(cutline, receipt, ROOM);
  const ours = async () => (await matrix.messages()).filter(({ content }) => content.body?.includes(receipt.url)).length;
  expect(await ours()).toBe(1);
  await remove(cutline, receipt);
  await expect.poll(ours).toBe(0);
});

test("a room that is not there, and a token that has ended, are told as such", async ({ cutline, matrix }) => {
  const nowhere = "matrix:#nowhere:localhost";
  const receipt = await share(cutline, { ...nuthatch(cutline), description: "", targets: [nowhere] });
  const delivery = await settled(cutline, receipt, nowhere);
  expect(delivery.state).toBe("failed");
  expect(delivery.reason).toMatch(/^127\.0\.0\.1 refused the post: Room alias #nowhere:localhost not found/);

  const other = await startCutline({ config: target(matrix.url, await matrix.endedToken()) });
  try {
    const receipt = await share(other, { ...nuthatch(other), description: "", targets: [ROOM] });
    const reason = "The site's account at 127.0.0.1 must be connected again.";
    expect(await settled(other, receipt, ROOM)).toMatchObject({ state: "failed", reason });
  } finally {
    await other.stop();
  }
});
