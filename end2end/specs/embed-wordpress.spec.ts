// The plug-in in a real WordPress: uploaded as its owner does, set up on its page, and used by a visitor.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Page } from "@playwright/test";

import { ForeignPage } from "../fixtures/embed.ts";
import { freePort } from "../fixtures/ports.ts";
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";
import { startWordPress, type WordPress } from "../fixtures/wordpress.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const KEY = "the-wordpress-site";
/** With what could break out of an attribute. */
const OFF = '.site-logo, [alt="x"]';

const test = base.extend<object, { wordpress: WordPress; cutline: Cutline }>({
  wordpress: [
    async ({}, use) => {
      const wordpress = await startWordPress();
      await use(wordpress);
      await wordpress.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  cutline: [
    async ({ wordpress }, use) => {
      const { origin, host } = new URL(wordpress.url);
      const port = await freePort();
      const cutline = await startCutline({
        config: `[[sites]]\norigin = "${origin}"\nkey = "${KEY}"\ntargets = ["board"]\n`,
        // Another host than the site's own: pictures of its own host it takes from its galleries alone.
        env: { CUTLINE_FETCH__ALLOW: host, CUTLINE_LISTEN: `127.0.0.1:${port}`, CUTLINE_PUBLIC_URL: `http://localhost:${port}` },
      });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker", timeout: 60_000 },
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

test("an owner uploads the plug-in and says server and key; a visitor shares from a post", async ({ page, browser, wordpress, cutline }) => {
  test.setTimeout(400_000);
  await promisify(execFile)("make", ["wordpress-plugin"], { cwd: ROOT });
  const owner = await browser.newContext();
  const post = await setUp(await owner.newPage(), wordpress, cutline.url);
  await owner.close();

  // Owners have their languages.
  for (const [language, label, help] of [["ar", "الخادم", "عنوان خادم Cutline"], ["zh_CN", "服务器", "Cutline 服务器的地址"]] as const) {
    const { request } = await browser.newContext();
    await request.post(`${wordpress.url}/wp-login.php`, { form: { log: `owner-${language}`, pwd: "for-tests" }, maxRedirects: 0 });
    const settings = await (await request.get(`${wordpress.url}/wp-admin/options-general.php?page=cutline`)).text();
    expect(settings).toContain(`<label for="cutline-host">${label}</label>`);
    expect(settings).toContain(help);
    await request.dispose();
  }

  const foreign = new ForeignPage(page);
  await foreign.open(post);
  const tag = page.locator(`script[src="${cutline.url}/embed/v1.js"]`);
  await expect(tag).toHaveAttribute("data-key", KEY);
  await expect(tag).toHaveAttribute("data-off", OFF);
  await expect(tag).toHaveAttribute("crossorigin", "anonymous");
  const overlay = await foreign.dwell(page.getByAltText("A box"));
  await overlay.share.click();
  await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
});
