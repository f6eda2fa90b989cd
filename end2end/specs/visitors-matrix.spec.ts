// A visitor pastes the token of their bot on Matrix, and wants its room chosen whenever they share.
import { expectNoViolations } from "../fixtures/axe.ts";
import { type Matrix, startMatrix } from "../fixtures/matrix.ts";
import { expect, test as base, type Cutline } from "../fixtures/test.ts";
import { disconnect, shareFromGallery, startForVisitors } from "../fixtures/visitors.ts";
import { GalleryPage } from "../pages/gallery.ts";

const test = base.extend<object, { matrix: Matrix; cutline: Cutline }>({
  matrix: [
    async ({}, use) => {
      const matrix = await startMatrix();
      await use(matrix);
      await matrix.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  cutline: [
    async ({ matrix }, use) => {
      const cutline = await startForVisitors(new URL(matrix.url).host);
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
});

test("paste a token, choose its room for each share, share, read back, disconnect", async ({ page, matrix, cutline, complaints }) => {
  complaints.expect(/422/);
  test.slow();
  const paste = async (room: string, token: string) => {
    await page.goto("/accounts");
    await page.getByText("Matrix", { exact: true }).click();
    const form = page.locator("form").filter({ hasText: "Homeserver" });
    await form.getByLabel("Homeserver").fill(matrix.url);
    await form.getByLabel("Room").fill(room);
    await form.getByLabel("Access token").fill(token);
    await form.getByRole("button").click();
  };
  for (const [room, token] of [[matrix.room, "syt_nobodys"], ["#nowhere:localhost", matrix.token]] as const) {
    await paste(room, token);
    await expect(page.getByRole("alert")).toContainText("opens nothing there");
  }
  await paste(matrix.room, matrix.token);
  await expect(page.getByRole("status")).toHaveText("The account is connected.");

  await page.getByRole("group", { name: "Chosen whenever you share" }).getByRole("checkbox", { name: matrix.room }).check();
  await page.getByRole("button", { name: "Keep this choice" }).click();
  await expect(page.getByRole("status")).toHaveText("The choice is kept.");
  for (const language of ["en", "zh", "ar"]) {
    await page.goto(`/accounts?lang=${language}`);
    await expectNoViolations(page, language);
  }
  const gallery = new GalleryPage(page);
  await gallery.open();
  const overlay = await gallery.dwell("Nuthatch, head first");
  await expect(overlay.target(matrix.room)).toBeChecked();
  await expect(overlay.target("Board")).not.toBeChecked();

  const words = { description: "By my own bot", alt: "A bird, head down" };
  const receipt = await shareFromGallery(page, matrix.room, words);
  const { content } = (await matrix.messages()).find(({ content }) => content.body?.includes(receipt.url))!;
  expect(content.body).toContain(words.description);
  // Larger than what this homeserver takes, the clipping was made to fit.
  expect(receipt.clipping.bytes).toBeGreaterThan(100_000);
  const bytes = await matrix.medium(content.url!);
  expect(bytes.length).toBeLessThanOrEqual(100_000);
  expect(content.info).toMatchObject({ mimetype: "image/jpeg", size: bytes.length });
  await disconnect(page);
  for (const secret of [matrix.token, "syt_nobodys"]) expect(cutline.log()).not.toContain(secret);
});
