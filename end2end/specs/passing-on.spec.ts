// What the visitor's own device can do with a share: copy its link, save its picture, hand it to another app.
import { readFile } from "node:fs/promises";

import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";
import type { Overlay } from "../pages/overlay.ts";

const TITLE = "Trail in the Picos de Europa";
const WORDS = "The path goes on";

async function shareOne(page: Page): Promise<{ overlay: Overlay; address: string }> {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  await overlay.description.fill(WORDS);
  await overlay.share.click();
  const address = (await (await overlay.receipt()).getAttribute("href"))!;
  return { overlay, address };
}

/** A share sheet in place of the device's, which takes files or does not, and answers as the test says. */
async function giveShareSheet(page: Page, { takesFiles, refuses }: { takesFiles: boolean; refuses?: string }): Promise<void> {
  await page.addInitScript(
    ({ takesFiles, refuses }) => {
      const shared: object[] = [];
      Object.assign(window, { shared, refusals: 0 });
      Object.assign(navigator, {
        canShare: (data: ShareData) => takesFiles || data.files === undefined,
        share: async (data: ShareData) => {
          if (refuses !== undefined) {
            (window as unknown as { refusals: number }).refusals++;
            throw new DOMException("no", refuses);
          }
          const [file] = data.files ?? [];
          shared.push({ url: data.url, text: data.text, file: file && { name: file.name, type: file.type, size: file.size } });
        },
      });
    },
    { takesFiles, ...(refuses === undefined ? {} : { refuses }) },
  );
}

const sharedBy = (page: Page) => page.evaluate(() => (window as unknown as { shared: { url: string; text?: string; file?: { name: string; type: string; size: number } }[] }).shared);

test("the link is copied, and said to be only when it is", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { overlay, address } = await shareOne(page);
  const told = overlay.dialog.locator(".share-outcome__told");
  await expect(told).toBeEmpty();
  await overlay.dialog.getByRole("button", { name: "Copy the link" }).click();
  await expect(told).toHaveText("The link is copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(address);
  await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"))));
  await overlay.dialog.getByRole("button", { name: "Copy the link" }).click();
  await expect(told).toHaveText("The browser did not allow it.");
});

/** The picture on the clipboard, decoded by the browser: its type, its size, and whether it looks as the clipping does. */
const copied = (page: Page, clipping: string) =>
  page.evaluate(async (clipping) => {
    const pixels = async (blob: Blob) => {
      const picture = await createImageBitmap(blob);
      const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d")!;
      context.drawImage(picture, 0, 0);
      return { width: picture.width, height: picture.height, data: context.getImageData(0, 0, picture.width, picture.height).data };
    };
    const [item] = await navigator.clipboard.read();
    const [got, wanted] = [await pixels(await item!.getType("image/png")), await pixels(await (await fetch(clipping)).blob())];
    const worst = got.data.reduce((worst, value, index) => Math.max(worst, Math.abs(value - wanted.data[index]!)), 0);
    return { types: item!.types, same: got.width === wanted.width && got.height === wanted.height, worst };
  }, clipping);

test("the picture itself is copied, from a JPEG too, and said to be only when it is", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { overlay } = await shareOne(page);
  const told = overlay.dialog.locator(".share-outcome__told");
  const clipping = (await overlay.dialog.locator(".share-outcome__clipping").getAttribute("src"))!;
  expect(clipping).toMatch(/\.jpg$/);
  await overlay.dialog.getByRole("button", { name: "Copy the picture" }).click();
  await expect(told).toHaveText("The picture is copied.");
  expect(await copied(page, clipping)).toEqual({ types: ["image/png"], same: true, worst: 0 });

  await page.evaluate(() => (navigator.clipboard.write = () => Promise.reject(new DOMException("no", "NotAllowedError"))));
  await overlay.dialog.getByRole("button", { name: "Copy the picture" }).click();
  await expect(told).toHaveText("The browser did not allow it.");
});

test("the clipboard is asked within the press, before the picture is there", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { overlay } = await shareOne(page);
  const clipping = (await overlay.dialog.locator(".share-outcome__clipping").getAttribute("src"))!;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(clipping, async (route) => {
    await held;
    await route.continue();
  });
  await page.evaluate(() => {
    const write = navigator.clipboard.write.bind(navigator.clipboard);
    navigator.clipboard.write = (items) => {
      document.documentElement.dataset["asked"] = String(navigator.userActivation.isActive);
      return write(items);
    };
    // From the network, so that it can be held.
    const get = fetch;
    window.fetch = (what, how) => get(what, { ...how, cache: "reload" });
  });
  await overlay.dialog.getByRole("button", { name: "Copy the picture" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-asked", "true");
  const told = overlay.dialog.locator(".share-outcome__told");
  await expect(told).toBeEmpty();
  letGo();
  await expect(told).toHaveText("The picture is copied.");
});

test("the picture is saved under a name that says what it is", async ({ page }) => {
  const { overlay } = await shareOne(page);
  const link = overlay.dialog.getByRole("link", { name: "Save the picture" });
  const clipping = (await overlay.dialog.locator(".share-outcome__clipping").getAttribute("src"))!;
  const downloaded = page.waitForEvent("download");
  await link.click();
  const download = await downloaded;
  expect(download.suggestedFilename()).toMatch(/^cutline-[\w-]+\.jpg$/);
  const bytes = await readFile(await download.path());
  expect(bytes.equals(await (await page.request.get(clipping)).body())).toBe(true);
});

test("the share sheet gets the picture itself where it takes files", async ({ page }) => {
  await giveShareSheet(page, { takesFiles: true });
  const { overlay, address } = await shareOne(page);
  const clipping = (await overlay.dialog.locator(".share-outcome__clipping").getAttribute("src"))!;
  await overlay.dialog.getByRole("button", { name: "Another app" }).click();
  await expect.poll(() => sharedBy(page)).toHaveLength(1);
  const [{ url, text, file }] = (await sharedBy(page)) as [{ url: string; text: string; file: { name: string; type: string; size: number } }];
  expect({ url, text }).toEqual({ url: address, text: WORDS });
  expect(file).toEqual({ name: expect.stringMatching(/\.jpg$/), type: "image/jpeg", size: (await (await page.request.get(clipping)).body()).length });
});

test("the share sheet gets the link where it takes no files", async ({ page }) => {
  await giveShareSheet(page, { takesFiles: false });
  const { overlay, address } = await shareOne(page);
  await overlay.dialog.getByRole("button", { name: "Another app" }).click();
  await expect.poll(() => sharedBy(page)).toEqual([{ url: address, text: WORDS, file: undefined }]);
});

for (const [reason, words] of [["AbortError", ""], ["NotAllowedError", "The browser did not allow it."]] as const) {
  test(`a share sheet that ends with ${reason} is told as what it is`, async ({ page }) => {
    await giveShareSheet(page, { takesFiles: true, refuses: reason });
    const { overlay } = await shareOne(page);
    await overlay.dialog.getByRole("button", { name: "Another app" }).click();
    const told = overlay.dialog.locator(".share-outcome__told");
    // A refusal is told; a sheet that the visitor closed is no failure.
    if (words === "") {
      await expect.poll(() => page.evaluate(() => (window as unknown as { refusals: number }).refusals)).toBe(1);
      await page.evaluate(() => fetch("/healthz"));
      await expect(told).toBeEmpty();
    } else {
      await expect(told).toHaveText(words);
    }
  });
}

test("what the browser lacks is not offered", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    Object.defineProperty(navigator, "share", { value: undefined });
  });
  const { overlay } = await shareOne(page);
  await expect(overlay.dialog.getByRole("button", { name: "Copy the link" })).toHaveCount(0);
  await expect(overlay.dialog.getByRole("button", { name: "Copy the picture" })).toHaveCount(0);
  await expect(overlay.dialog.getByRole("button", { name: "Another app" })).toHaveCount(0);
  await expect(overlay.dialog.getByRole("link", { name: "Save the picture" })).toBeVisible();
});
