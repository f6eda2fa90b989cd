// Openers on pages of other sites: what stands on pictures for fingers, keys and screen readers, and the ways to it.
import { expect, type Locator, type Page } from "@playwright/test";

import { fingerOn } from "./fingers.ts";
import { boxOf } from "./overlay.ts";

/** The opener that stands on a picture. */
export const opener = (page: Page) => page.locator("cutline-opener").getByRole("button", { name: /^Share a part/ });
/** The page's own button, from which keys walk along its pictures. */
export const pageButton = (page: Page) => page.getByRole("button", { name: "Share a picture of this page" });
/** Whether a button of these is in sight; out of it, it can be reached all the same. */
export const isSeen = (button: Locator) => button.evaluate((button) => getComputedStyle(button).clipPath === "none");

/** What the page asked of Cutline so far, without what names tell of contents. */
export function watch(page: Page, host: string): string[] {
  const asked: string[] = [];
  page.on("request", (request) => request.url().startsWith(host) && asked.push(new URL(request.url()).pathname.replace(/-[0-9a-f]{16}/, "")));
  return asked;
}

/** Goes down on an element and stays there until the opener has come; then the browser takes the finger for its menu, as phones do. */
export async function hold(page: Page, picture: Locator): Promise<void> {
  const { x, y, width, height } = await boxOf(picture);
  const finger = await fingerOn(page);
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: x + width / 3, y: y + height / 3 }] });
  await expect(async () => {
    await page.clock.runFor(400);
    await expect(opener(page)).toBeVisible({ timeout: 300 });
  }).toPass();
  await finger.send("Input.dispatchTouchEvent", { type: "touchCancel", touchPoints: [] });
}

/** Goes on by Tab until an element has the focus. */
export async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let stop = 0; stop < 60; stop++) {
    if (await wanted.evaluate((element) => element.matches(":focus"))) return;
    await page.keyboard.press("Tab");
  }
  await expect(wanted).toBeFocused();
}
