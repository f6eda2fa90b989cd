// The whole main job with taps alone (WCAG 2.5.1, 2.5.7), on our pages and on others': no finger moves while it is down.
import { fileURLToPath } from "node:url";

import type { Locator, Page } from "@playwright/test";

import { expect, type ForeignPage, type ForeignSite, KEY, startCutline, test as base } from "../fixtures/embed.ts";
import { accountTargets, playMastodon } from "../fixtures/mastodon.ts";
import type { Cutline } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";
import { boxOf, type Overlay } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">';

const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({ sharedOrigin }, use) => {
      const site = sharedOrigin.url.replace("127.0.0.1", "localhost");
      const cutline = await startCutline({
        config: `${accountTargets(sharedOrigin, ["alice"])}\n[[sites]]\norigin = "${site}"\nkey = "${KEY}"\n`,
        env: { CUTLINE_FETCH__ALLOW: `${sharedOrigin.host},localhost:${new URL(site).port}` },
      });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

interface Arrived {
  overlay: Overlay;
  picture: Locator;
  opener: Locator;
}

const GROUNDS: Record<string, (page: Page, site: ForeignSite, foreign: ForeignPage) => Promise<Arrived>> = {
  "a page of our own": async (page) => {
    const title = "Trail in the Picos de Europa";
    const gallery = new GalleryPage(page);
    await gallery.open();
    return { overlay: gallery.overlay, picture: gallery.picture(title), opener: gallery.opener(title) };
  },
  "a page of another site": async (page, site, foreign) => {
    site.origin.serve(DEMO);
    site.put("/", { head: VIEWPORT, body: '<cutline-picture><img id="picture" src="/nuthatch.png" alt="A nuthatch" width="360"></cutline-picture>' });
    await foreign.open(site.url);
    const picture = page.locator("#picture");
    await picture.evaluate((picture: HTMLImageElement) => picture.decode());
    return { overlay: foreign.overlay, picture, opener: page.getByRole("button", { name: "Share a part" }) };
  },
};

for (const [where, arrive] of Object.entries(GROUNDS)) {
  test(`words, corners, a step, undo, two targets, another try and the end, on ${where}`, async ({ page, origin, site, foreign }) => {
    let isWelcome = false;
    const asked: string[] = [];
    playMastodon(origin, (who) => {
      asked.push(who);
      return isWelcome ? [200, { id: "1", url: "https://example.social/@alice/1" }] : [422, { error: "Validation failed: not welcome" }];
    });
    await page.addInitScript(() => {
      const seen = Object.assign(window, { taps: 0, drags: 0 });
      addEventListener("pointerdown", () => seen.taps++, true);
      addEventListener("pointermove", ({ buttons }) => (seen.drags += buttons === 0 ? 0 : 1), true);
    });
    const { overlay, picture, opener } = await arrive(page, site, foreign);
    const { dialog } = overlay;
    const press = (name: string) => dialog.getByRole("button", { name, exact: true }).tap();

    await opener.tap();
    await expect(dialog).toBeVisible();
    await overlay.description.tap();
    await expect(overlay.description).toBeFocused();
    await page.keyboard.insertText("Words by taps");
    await dialog.getByText("Adjust the selection").tap();
    await press("Set two corners");
    const { x, y, width, height } = await boxOf(picture);
    await page.touchscreen.tap(x + width * 0.2, y + height * 0.1);
    await page.touchscreen.tap(x + width * 0.7, y + height * 0.4);
    await expect.poll(async () => (await overlay.region()).width).toBeCloseTo(0.5, 2);
    const drawn = await overlay.region();
    expect([drawn.x, drawn.y, drawn.height]).toEqual([0.2, 0.1, 0.3].map((part) => expect.closeTo(part, 2)));

    await press("Left %: more");
    await expect.poll(async () => (await overlay.region()).x - drawn.x).toBeCloseTo(0.01, 4);
    await press("Undo");
    await expect.poll(() => overlay.region()).toEqual(drawn);
    await press("Left %: more");
    await expect.poll(async () => (await overlay.region()).x - drawn.x).toBeCloseTo(0.01, 4);
    const region = await overlay.region();

    for (const name of ["Board", "alice"]) {
      await overlay.target(name).tap();
      await expect(overlay.target(name)).toBeChecked();
    }
    await overlay.share.tap();
    const href = (await (await overlay.receipt()).getAttribute("href"))!;
    await expect(overlay.delivery("Board")).toContainText("posted");
    await expect(overlay.delivery("Mastodon")).toContainText("not welcome");
    isWelcome = true;
    await overlay.delivery("Mastodon").getByRole("button", { name: /^Try again/ }).tap();
    await expect(overlay.delivery("Mastodon")).toContainText("posted");
    expect(asked).toEqual(["alice", "alice"]);

    const share = await (await fetch(`${href}.json`)).json();
    expect(JSON.stringify(share)).toContain("Words by taps");
    const shared = (share.target.selector.value as string).replace("xywh=percent:", "").split(",").map((part) => Number(part) / 100);
    expect(shared).toEqual([region.x, region.y, region.width, region.height].map((part) => expect.closeTo(part, 4)));
    await overlay.close.tap();
    await expect(dialog).toHaveCount(0);
    const { taps, drags } = await page.evaluate(() => {
      const { taps, drags } = window as unknown as { taps: number; drags: number };
      return { taps, drags };
    });
    expect(taps).toBeGreaterThan(12);
    expect(drags).toBe(0);
  });
}
