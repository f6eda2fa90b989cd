// Targets that a site of others may not use itself are reached in a window of Cutline's own, which takes over what was selected and
// written: here a real Mastodon-API account.
import { fileURLToPath } from "node:url";

import { expect, KEY, startCutline, test as base } from "../fixtures/embed.ts";
import { mastodonTarget } from "../fixtures/mastodon.ts";
import type { Cutline } from "../fixtures/test.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));

const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({ snac, sharedOrigin }, use) => {
      const site = sharedOrigin.url.replace("127.0.0.1", "localhost");
      const cutline = await startCutline({
        config: `${mastodonTarget(snac)}\n[[sites]]\norigin = "${site}"\nkey = "${KEY}"\ntargets = ["board"]\n[[sites]]\norigin = "${sharedOrigin.url}"\nkey = "${KEY}"\n`,
        env: { CUTLINE_FETCH__ALLOW: `${sharedOrigin.host},localhost:${new URL(site).port}` },
      });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

test("a part selected on a foreign page is posted to an account through the window", async ({ page, site, foreign, snac, cutline }) => {
  site.origin.serve(DEMO);
  site.put("/", { body: '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">' });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await expect(overlay.target("Board")).toBeVisible();
  await expect(overlay.target("Mastodon")).toHaveCount(0);
  await overlay.dragHandle("west", 40, 0);
  const { x } = await overlay.region();
  const words = "From a foreign page, by the window";
  await overlay.description.fill(words);
  await page.evaluate(() => {
    const heard: Event[] = Object.assign(window, { heard: [] }).heard;
    addEventListener("cutline:shared", (event) => heard.push(event));
    // What others say is nobody's share.
    postMessage("cutline:shared 0123456789abcdef", "*");
  });
  const opened = page.context().waitForEvent("page");
  await overlay.dialog.getByRole("link", { name: "Share elsewhere…" }).click();
  const popup = await opened;
  await expect(popup.getByLabel("Description")).toHaveValue(words);
  expect(Number(await popup.getByRole("spinbutton", { name: "Left" }).inputValue())).toBeCloseTo(x * 100, 2);
  await popup.getByRole("checkbox", { name: "Mastodon" }).check();
  await popup.getByRole("button", { name: "Share", exact: true }).click();
  await expect(popup.getByText("posted")).toBeVisible();
  // The page hears of it: what was begun there is not sent from there once more.
  await expect(overlay.delivery("Mastodon")).toContainText("posted");
  const shared = await page.evaluate(() => (window as unknown as { heard: CustomEvent[] }).heard.map(({ detail }) => detail.id));
  expect(shared).toEqual([new URL(popup.url()).pathname.split("/").at(-1)]);
  const status = (await snac.statuses()).find(({ content }) => content.includes(words));
  expect(status?.media_attachments).toHaveLength(1);
  expect(cutline.log()).not.toContain("panicked");
});

test("a site that may use the account posts to it from its own page, and hears how that goes on", async ({ page, origin, site, foreign, snac }) => {
  origin.serve(DEMO);
  site.put("/", { body: '<img id="picture" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt=""><img id="harbour" src="/forest-stream.webp" alt="A stream" width="450">' });
  // The same pages by the site's other name, which is another site to the browser and to Cutline.
  await foreign.open(origin.url);
  const overlay = await foreign.dwell(page.locator("#harbour"));
  await overlay.target("Mastodon").check();
  const words = "From a foreign page, by itself";
  await overlay.description.fill(words);
  await overlay.share.click();
  await expect(overlay.delivery("Mastodon")).toContainText("posted");
  const status = (await snac.statuses()).find(({ content }) => content.includes(words));
  expect(status?.media_attachments).toHaveLength(1);
});

test("an account that must be connected again is connected at the server, and not on the page", async ({ page, site, foreign, cutline }) => {
  site.origin.serve(DEMO);
  site.put("/", { body: '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">' });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  // No target of a foreign page is a visitor's today: the real receipt, but for one word.
  await page.route("**/api/v1/shares", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    const response = await route.fetch();
    const receipt = await response.json();
    Object.assign(receipt.deliveries[0], { state: "failed", url: undefined, connect_again: true });
    await route.fulfill({ response, json: receipt });
  });
  await overlay.share.click();
  await expect(overlay.delivery("Board").getByRole("link", { name: "Connect again" })).toHaveAttribute("href", `${cutline.url}/accounts`);
});
