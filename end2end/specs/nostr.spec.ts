// Notes at a real relay, read back through its own page, with pictures at a server made after Blossom's documents. The relay checks
// id and signature of each event, the server those of each permit, with libraries of their own.
import { createHash } from "node:crypto";

import { type Lossy, startLossy } from "../fixtures/lossy.ts";
import { type Blossom, type NostrEvent, type Relay, startBlossom, startRelay } from "../fixtures/nostr.ts";
import { clipping, remove, settled, share, type Delivery, type Receipt } from "../fixtures/shares.ts";
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";

/** The example of NIP-19. */
const SECRET = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";
const PUBLIC = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
const TARGET = "nostr:pictures";

const test = base.extend<object, { relay: Relay; blossom: Blossom; lossy: Lossy; cutline: Cutline }>({
  relay: [
    async ({}, use) => {
      const relay = await startRelay();
      await use(relay);
      await relay.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  blossom: [
    async ({}, use) => {
      const blossom = await startBlossom();
      await use(blossom);
      await blossom.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  lossy: [
    async ({ blossom }, use) => {
      const lossy = await startLossy(blossom.url);
      await use(lossy);
      await lossy.stop();
    },
    { scope: "worker" },
  ],
  cutline: [
    async ({ relay, lossy }, use) => {
      const cutline = await startCutline({ config: target(lossy.url, [relay.url]) });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

function target(server: string, relays: string[], secret = SECRET): string {
  const keys = { platform: "nostr", server, relays, account: "pictures", token: secret };
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `[[targets]]\n${lines.join("\n")}\n`;
}

const nuthatch = (cutline: Cutline) => ({ image_url: `${cutline.url}/pictures/demo/nuthatch.png`, region: "xywh=percent:40,40,10,10" });

/** What the address of a posted note names: the characters behind `nevent1` are groups of five bits, the id from the third byte on. */
function id({ url }: Delivery): string {
  const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  const bits = [...url!.split("nevent1")[1]!].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const bytes = Array.from({ length: 34 }, (_, place) => Number.parseInt(bits.slice(8 * place, 8 * place + 8), 2));
  return Buffer.from(bytes.slice(2)).toString("hex");
}

async function posted(cutline: Cutline, relay: Relay, receipt: Receipt): Promise<NostrEvent> {
  const delivery = await settled(cutline, receipt, TARGET);
  expect(delivery).toMatchObject({ state: "posted" });
  return (await relay.event(id(delivery)))!;
}

test("a part arrives as a note with its words, link and alt text, and its picture byte by byte", async ({ cutline, relay, lossy }) => {
  const words = 'Head first: "灯塔" \\ 🐦\nand more';
  const receipt = await share(cutline, { ...nuthatch(cutline), description: words, alt: "A bird\non a trunk", targets: [TARGET] });
  const event = await posted(cutline, relay, receipt);
  const bytes = await clipping(receipt);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const picture = `${lossy.url}/${digest}.png`;
  expect(event).toMatchObject({ kind: 1, pubkey: PUBLIC, content: `${words}\n\nLukas Baubkus · CC BY-SA 3.0\n\n${receipt.url}\n\n${picture}` });
  expect(event.tags).toEqual([
    ["imeta", `url ${picture}`, "m image/png", `x ${digest}`, `dim ${receipt.clipping.width}x${receipt.clipping.height}`, "alt A bird on a trunk"],
    ["r", receipt.url],
    ["x", digest],
  ]);
  const kept = await fetch(picture);
  expect(kept.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await kept.arrayBuffer()).equals(bytes)).toBe(true);
});

test("an upload whose answer was lost is one picture and one note", async ({ cutline, relay, lossy }) => {
  const before = lossy.lost();
  lossy.loseNext(/PUT .upload/);
  const receipt = await share(cutline, { ...nuthatch(cutline), description: "Lost on the way back", alt: "", targets: [TARGET] });
  expect((await posted(cutline, relay, receipt)).content).toContain(receipt.url);
  expect(lossy.lost()).toBe(before + 1);
});

test("a deleted share takes note and picture back, and a picture that another note shows stays", async ({ cutline, relay, lossy }) => {
  const wish = { ...nuthatch(cutline), region: "xywh=percent:10,10,10,10", description: "Regretted", alt: "", targets: [TARGET] };
  const [first, second] = [await share(cutline, wish), await share(cutline, wish)];
  const [one, other] = [await posted(cutline, relay, first), await posted(cutline, relay, second)];
  const digest = createHash("sha256").update(await clipping(first)).digest("hex");
  const picture = async () => (await fetch(`${lossy.url}/${digest}.png`)).status;
  await remove(cutline, first);
  await expect.poll(async () => relay.event(one.id)).toBeUndefined();
  expect(await relay.event(other.id)).toBeDefined();
  expect(await picture()).toBe(200);
  await remove(cutline, second);
  await expect.poll(async () => relay.event(other.id)).toBeUndefined();
  await expect.poll(picture).toBe(404);
});

test("a relay for members is told who is there, and what it says to others is told", async ({ blossom }) => {
  test.slow();
  const relay = await startRelay({ members: [PUBLIC] });
  const member = await startCutline({ config: target(blossom.url, [relay.url]) });
  const stranger = await startCutline({ config: target(blossom.url, [relay.url], "1".repeat(64)) });
  try {
    const wish = (cutline: Cutline) => ({ ...nuthatch(cutline), description: "Members", alt: "", targets: [TARGET] });
    expect((await posted(member, relay, await share(member, wish(member)))).pubkey).toBe(PUBLIC);
    const refused = await settled(stranger, await share(stranger, wish(stranger)), TARGET);
    const reason = "127.0.0.1 does not let this account post: permission denied";
    expect(refused).toMatchObject({ state: "failed", reason });
  } finally {
    await member.stop();
    await stranger.stop();
    await relay.stop();
  }
});

test("of two relays one that is there is enough, and none is there is tried again", async ({ relay, blossom }) => {
  const nobody = "ws://127.0.0.1:9";
  const cutline = await startCutline({ config: target(blossom.url, [nobody, relay.url]) });
  const alone = await startCutline({ config: target(blossom.url, [nobody]) });
  try {
    const wish = (cutline: Cutline) => ({ ...nuthatch(cutline), description: "Two", alt: "", targets: [TARGET] });
    expect((await posted(cutline, relay, await share(cutline, wish(cutline)))).content).toContain("Two");
    const receipt = await share(alone, wish(alone));
    await expect.poll(() => alone.log()).toContain("127.0.0.1 cannot be reached at the moment.");
    const { deliveries } = (await (await fetch(`${alone.url}/api/v1/shares/${receipt.id}`)).json()) as Receipt;
    expect(deliveries[0]!.state).toMatch(/queued|sending/);
  } finally {
    await cutline.stop();
    await alone.stop();
  }
});
