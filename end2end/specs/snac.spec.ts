// Posts on a real server of the Mastodon family that does not know `Idempotency-Key`: what was lost on the way back is looked for.
import { type Lossy, startLossy } from "../fixtures/lossy.ts";
import { mastodonTarget, targetId } from "../fixtures/mastodon.ts";
import { settled, share } from "../fixtures/shares.ts";
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";

const test = base.extend<object, { lossy: Lossy; cutline: Cutline }>({
  lossy: [
    async ({ snac }, use) => {
      const lossy = await startLossy(snac.url);
      await use(lossy);
      await lossy.stop();
    },
    { scope: "worker" },
  ],
  cutline: [
    async ({ snac, lossy }, use) => {
      const cutline = await startCutline({ config: mastodonTarget({ ...snac, url: lossy.url }) });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

const nuthatch = (cutline: Cutline) => ({ image_url: `${cutline.url}/pictures/demo/nuthatch.png`, alt: "A bird" });

test("a status whose answer was lost is found by its link, and is one", async ({ cutline, snac, lossy }) => {
  const before = lossy.lost();
  lossy.loseNext(/POST .*\/api\/v1\/statuses/);
  const target = targetId(snac);
  const receipt = await share(cutline, { ...nuthatch(cutline), description: "Lost on the way back", targets: [target] });
  expect(await settled(cutline, receipt, target)).toMatchObject({ state: "posted" });
  expect(lossy.lost()).toBe(before + 1);
  expect((await snac.statuses()).filter(({ content }) => content.includes(receipt.url))).toHaveLength(1);
});

test("a token that is not the account's is told as such, although snac answers it with nothing", async ({ snac }) => {
  const cutline = await startCutline({ config: mastodonTarget(snac, "not-a-token") });
  try {
    const target = targetId(snac);
    const receipt = await share(cutline, { ...nuthatch(cutline), description: "", targets: [target] });
    const reason = "The site's account at 127.0.0.1 must be connected again.";
    expect(await settled(cutline, receipt, target)).toMatchObject({ state: "failed", reason });
    expect(cutline.log()).not.toContain("not-a-token");
  } finally {
    await cutline.stop();
  }
});
