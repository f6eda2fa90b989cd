// The plug-in in a real WordPress: uploaded as its owner does, set up on its page, and used by a visitor.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Page } from "@playwright/test";

import { behave, isNoPassing, heard, listenAsThePage } from "../fixtures/built-sites.ts";
import { ForeignPage } from "../fixtures/embed.ts";
import { mastodonTarget } from "../fixtures/mastodon.ts";
import { freePort } from "../fixtures/ports.ts";
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";
import { expectLooks } from "../fixtures/screenshots.ts";
import { startWordPress, type WordPress } from "../fixtures/wordpress.ts";
import { swipe, fingerOn } from "../pages/fingers.ts";
import { hold, opener, pageButton, tabTo, watch } from "../pages/openers.ts";
import { boxOf } from "../pages/overlay.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const KEY = "the-wordpress-site";
/** With what could break out of an attribute. */
const OFF = '.site-logo, [alt="x"]';

/** The picture in the post. */
const box = (page: Page) => page.getByAltText("A box");

const test = base.extend<object, { wordpress: WordPress; cutline: Cutline; post: string }>({
  wordpress: [
    async ({}, use) => {
      const wordpress = await startWordPress();
      await use(wordpress);
      await wordpress.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  cutline: [
    async ({ wordpress, snac }, use) => {
      const { origin, host } = new URL(wordpress.url);
      const port = await freePort();
      const cutline = await startCutline({
        config: `${mastodonTarget(snac)}\n[[sites]]\norigin = "${origin}"\nkey = "${KEY}"\ntargets = ["board"]\n`,
        // Another host than the site's own: pictures of its own host it takes from its galleries alone.
        env: { CUTLINE_FETCH__ALLOW: host, CUTLINE_LISTEN: `127.0.0.1:${port}`, CUTLINE_PUBLIC_URL: `http://localhost:${port}` },
      });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  // The address of a post with a picture, on a site whose owner has uploaded the plug-in and set it up.
  post: [
    async ({ browser, wordpress, cutline }, use) => {
      await promisify(execFile)("make", ["wordpress-plugin"], { cwd: ROOT });
      const owner = await browser.newContext();
      const post = await setUp(await owner.newPage(), wordpress, cutline.url);
      await owner.close();
      await use(post);
    },
    { scope: "worker", timeout: 300_000 },
  ],
});

/** What the owner does in the administration; its own pages, as Debian packs them, complain of scripts that are not there. */
async function setUp(page: Page, wordpress: WordPress, host: string): Promise<string> {
  await page.goto(`${wordpress.url}/wp-login.php`);
  // Its script takes the focus there a moment after the page has come.
  await expect(page.getByLabel("Username or Email Address")).toBeFocused();
  await page.getByLabel("Username or Email Address").fill("owner");
  await page.getByLabel("Password", { exact: true }).fill("for-tests");
  await page.getByRole("button", { name: "Log In" }).click();
  await page.goto(`${wordpress.url}/wp-admin/plugin-install.php?tab=upload`);
  await page.locator('input[name="pluginzip"]').setInputFiles(join(ROOT, "target/cutline-wordpress.zip"));
  await page.getByRole("button", { name: "Install Now" }).click();
  await page.getByRole("link", { name: "Activate Plugin" }).click();
  await expect(page.getByText("Plugin activated.")).toBeVisible();

  await page.goto(`${wordpress.url}/wp-admin/options-general.php?page=cutline`);
  const save = page.getByRole("button", { name: "Save Changes" });
  await page.getByLabel("Server").fill("javascript:alert(1)");
  await save.click();
  await expect(page.getByText("The server is an address without a path")).toBeVisible();
  await expect(page.getByLabel("Server")).toHaveValue("");
  await page.getByLabel("Server").fill(`${host}/`);
  await page.getByLabel("Key").fill(KEY);
  await page.getByLabel("Keep out").fill(OFF);
  await save.click();
  await expect(page.getByText("Settings saved.")).toBeVisible();
  await expect(page.getByLabel("Server")).toHaveValue(host);
  // A slip takes nothing off the site.
  for (const slip of ["https://u:p@host.example?x", "https://host.example#x"]) {
    await page.getByLabel("Server").fill(slip);
    await save.click();
    await expect(page.getByText("The server is an address without a path")).toBeVisible();
    await expect(page.getByLabel("Server"), slip).toHaveValue(host);
  }

  return page.evaluate(async () => {
    const nonce = await (await fetch("/wp-admin/admin-ajax.php?action=rest-nonce")).text();
    const picture = await new Promise<Blob>((resolve) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 600, height: 400 });
      canvas.getContext("2d")!.fillRect(50, 50, 300, 200);
      canvas.toBlob((blob) => resolve(blob!));
    });
    const post = (path: string, type: Record<string, string>, body: BodyInit) =>
      fetch(`/wp-json/wp/v2/${path}`, { method: "POST", headers: { "x-wp-nonce": nonce, ...type }, body });
    const medium = await (await post("media", { "content-disposition": "attachment; filename=box.png" }, picture)).json();
    const content = `<!-- wp:image --><figure class="wp-block-image"><img src="${medium.source_url}" alt="A box"></figure><!-- /wp:image -->`;
    const words = JSON.stringify({ title: "With a picture", status: "publish", content });
    return (await (await post("posts", { "content-type": "application/json" }, words)).json()).link as string;
  });
}

test("an owner uploads the plug-in and says server and key; a visitor shares from a post", async ({ page, browser, wordpress, cutline, post }) => {
  // Owners have their languages.
  for (const [language, label, help] of [["ar", "الخادم", "عنوان خادم Cutline"], ["zh_CN", "服务器", "Cutline 服务器的地址"]] as const) {
    const context = await browser.newContext();
    const { request } = context;
    await request.post(`${wordpress.url}/wp-login.php`, { form: { log: `owner-${language}`, pwd: "for-tests" }, maxRedirects: 0 });
    const settings = await (await request.get(`${wordpress.url}/wp-admin/options-general.php?page=cutline`)).text();
    expect(settings).toContain(`<label for="cutline-host">${label}</label>`);
    expect(settings).toContain(help);
    await context.close();
  }

  const foreign = new ForeignPage(page);
  await foreign.open(post);
  const tag = page.locator(`script[src="${cutline.url}/embed/v1.js"]`);
  await expect(tag).toHaveAttribute("data-key", KEY);
  await expect(tag).toHaveAttribute("data-off", OFF);
  await expect(tag).toHaveAttribute("crossorigin", "anonymous");
  const overlay = await foreign.dwell(box(page));
  await overlay.share.click();
  await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
});

test("a post looks and behaves as without the script, which asks for nothing before, and leads to a real account", async ({ page, cutline, post, snac }) => {
  const foreign = new ForeignPage(page);
  const script = `${cutline.url}/embed/v1.js`;
  await listenAsThePage(page);
  const arrive = async (isTagged = true) => {
    await foreign.open(post, isTagged);
    await page.evaluate(async () => void (await Promise.all([...document.images].map((picture) => picture.decode()))));
    await box(page).scrollIntoViewIfNeeded();
    await page.mouse.move(2, 2);
  };
  await page.route(script, (route) => route.fulfill({ contentType: "text/javascript", headers: { "access-control-allow-origin": "*" }, body: "" }));
  await arrive(false);
  const [looks, behaves] = [await page.screenshot(), await behave(page, "A box")];
  expect(behaves.length).toBeGreaterThan(10);
  await page.unroute(script);

  const asked = watch(page, cutline.url);
  await arrive();
  await page.clock.runFor(5_000);
  expect(asked).toEqual(["/embed/v1.js"]);
  await expectLooks(page, looks);
  expect(await behave(page, "A box")).toEqual(behaves);

  await arrive();
  const overlay = await foreign.dwell(box(page));
  await overlay.dragHandle("east", -60, 0);
  await overlay.description.fill("From a blog");
  const opened = page.context().waitForEvent("page");
  await overlay.dialog.getByRole("link", { name: "Share elsewhere…" }).click();
  const popup = await opened;
  await popup.getByRole("checkbox", { name: "Mastodon" }).check();
  await popup.getByRole("button", { name: "Share", exact: true }).click();
  await expect(popup.getByText("posted")).toBeVisible();
  const status = (await snac.statuses()).find(({ content }) => content.includes("From a blog"));
  expect(status?.media_attachments).toHaveLength(1);
  await expect(overlay.delivery("Mastodon")).toContainText("posted");
  // Its last act is to tell the page.
  await popup.close();

  await overlay.clipping();
  await heard(page);
  await overlay.close.click();
  await expect(overlay.dialog).toHaveCount(0);
  expect((await heard(page)).filter(isNoPassing)).toEqual([]);
  await page.mouse.move(2, 2);
  await expectLooks(page, looks);
  expect(await behave(page, "A box")).toEqual(behaves);
});

test("a visitor shares from a post by keys alone", async ({ page, post }) => {
  const foreign = new ForeignPage(page);
  await foreign.open(post);
  await tabTo(page, pageButton(page));
  await page.keyboard.press("Enter");
  await expect(opener(page).and(page.locator(":focus"))).toBeVisible();
  const first = page.getByRole("button", { name: /^Share a part: A box/ });
  for (let press = 0; press < 10 && !(await first.evaluateAll(([found]) => found?.matches(":focus") ?? false)); press++) await page.keyboard.press("ArrowRight");
  await expect(first).toBeFocused();
  await page.keyboard.press("Enter");
  const { overlay } = foreign;
  await expect(overlay.selection).toBeFocused();
  await page.keyboard.press("Control+ArrowLeft");
  await expect.poll(async () => (await overlay.region()).x).toBe(0);
  await tabTo(page, overlay.share);
  await page.keyboard.press("Enter");
  await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await expect(first).toBeFocused();
});

test.describe("by finger alone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

  test("a visitor shares from a post", async ({ page, post }) => {
    const foreign = new ForeignPage(page);
    await foreign.open(post);
    await box(page).scrollIntoViewIfNeeded();
    await hold(page, box(page));
    await opener(page).tap();
    const { overlay } = foreign;
    await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A box");
    const before = await overlay.region();
    const handle = await boxOf(overlay.handle("east"));
    await swipe(await fingerOn(page), handle.x + handle.width / 2, handle.y + handle.height / 2, -30, 0);
    await expect.poll(async () => (await overlay.region()).width).toBeLessThan(before.width);
    await overlay.share.tap();
    await overlay.receipt();
    await expect(overlay.delivery("Board")).toContainText("posted");
    expect(page.url()).toBe(post);
  });
});
