// What the visitor writes is counted as the server counts it, and nothing is sent that it would not take.
import { expect, startCutline, test as base, type Cutline } from "../fixtures/test.ts";
import { GalleryPage } from "../pages/gallery.ts";

const TITLE = "Trail in the Picos de Europa";

const test = base.extend<object, { cutline: Cutline }>({
  cutline: [
    async ({}, use) => {
      const cutline = await startCutline({ config: "[limits]\nmax_description_chars = 20\nmax_alt_chars = 10\n" });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

test("a count shows when a text is nearly as long as it may be, and says by how much it is too long", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const count = overlay.dialog.locator(".share-panel__count").first();
  await overlay.description.fill("fifteen letters");
  await expect(count).toBeEmpty();
  await overlay.description.fill("sixteen letters!");
  await expect(count).toHaveText("16 / 20");
  await expect(overlay.description).not.toHaveAttribute("aria-invalid");
  // Space around it is not sent, and a lighthouse is one character.
  await overlay.description.fill(`  ${"\u{1f305}".repeat(20)} `);
  await expect(count).toHaveText("20 / 20");
  await overlay.description.fill("twenty-three characters");
  await expect(count).toHaveText("3 characters too many");
  await expect(overlay.description).toHaveAttribute("aria-invalid", "true");
});

test("a text that is too long is not sent but shown, and nothing of it is lost", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.url());
  });
  const overlay = await gallery.dwell(TITLE);
  await overlay.description.fill("A path");
  await overlay.alt.fill("eleven char");
  await overlay.share.click();
  await expect(overlay.alt).toBeFocused();
  await expect(overlay.alt).toHaveValue("eleven char");
  expect(sent).toEqual([]);
  await overlay.alt.fill("ten charac");
  await overlay.share.click();
  await overlay.receipt();
  expect(sent).not.toEqual([]);
});

test("a field keeps its name, and what it is for, however long its text is; that it is too long is spoken once", async ({ page }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell(TITLE);
  const help = "What the part shows, for people who cannot see it";
  await expect(overlay.alt).toHaveAccessibleDescription(help);
  await overlay.alt.fill("A path");
  await expect(overlay.dialog.getByText(help)).toBeVisible();
  await overlay.alt.fill("eleven char");
  await expect(overlay.alt).toHaveAccessibleName("Alt text");
  await expect(overlay.alt).toHaveAccessibleDescription("1 characters too many");
  await page.clock.runFor(300);
  await expect(overlay.spoken).toHaveText("1 characters too many");
  await overlay.alt.fill("twelve chars");
  await page.clock.runFor(300);
  await expect(overlay.alt).toHaveAccessibleDescription("2 characters too many");
  await expect(overlay.spoken).toHaveText("1 characters too many");
});
