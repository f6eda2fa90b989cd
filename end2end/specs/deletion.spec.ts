// Who has shared something can take it back: here, and on the platform as far as that lets us.
import { expectNoViolations } from "../fixtures/axe.ts";
import { expect, test } from "../fixtures/mastodon.ts";
import { GalleryPage } from "../pages/gallery.ts";

const WORDS = "Shared too quickly";

test("a share is deleted from the overlay's own link, and its maker told what is left to do by hand", async ({ page, snac }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const { overlay } = gallery;
  await gallery.opener("Nuthatch, head first").click();
  await overlay.description.fill(WORDS);
  await overlay.target("Board").check();
  await overlay.target("Mastodon").check();
  await overlay.share.click();
  const ours = async () => (await snac.statuses()).filter(({ content }) => content.includes(WORDS)).length;
  await expect.poll(ours).toBe(1);
  await expect(async () => {
    await page.clock.runFor(1_000);
    await expect(overlay.delivery("Mastodon")).toContainText("posted", { timeout: 500 });
  }).toPass();
  const share = (await (await overlay.receipt()).getAttribute("href"))!;
  const link = (await overlay.dialog.getByRole("link", { name: "Delete this share" }).getAttribute("href"))!;

  const maker = await page.context().newPage();
  await maker.goto(link);
  await expect(maker.getByRole("heading", { name: "Delete this share?" })).toBeVisible();
  await expectNoViolations(maker, "asked");
  expect(await ours()).toBe(1);
  await maker.getByRole("button", { name: "Delete it" }).click();
  await expect(maker.getByRole("heading", { name: "Deleted" })).toBeVisible();
  // This server knows no way to do it, answers as if there were no such post, and is not believed.
  await expect(async () => {
    await maker.reload();
    await expect(maker.getByRole("listitem").filter({ hasText: "Mastodon" })).toContainText("Remove it there");
  }).toPass();
  expect(await ours()).toBe(1);
  await expectNoViolations(maker, "deleted");

  const gone = await page.request.get(share);
  expect(gone.status()).toBe(410);
  expect(await gone.text()).toContain("has deleted it");
});

test("without the link nobody deletes anything", async ({ page, cutline }) => {
  const gallery = new GalleryPage(page);
  await gallery.open();
  const { overlay } = gallery;
  await gallery.opener("Nuthatch, head first").click();
  await overlay.target("Board").check();
  await overlay.share.click();
  const share = (await (await overlay.receipt()).getAttribute("href"))!;
  const stranger = await page.context().newPage();
  await stranger.goto(share);
  await expect(stranger.getByText("Delete")).toHaveCount(0);
  const id = share.split("/").pop()!;
  expect((await page.request.get(`${cutline.url}/s/${id}/delete`)).status()).toBe(403);
  expect((await page.request.post(`${cutline.url}/s/${id}/delete?key=${"0".repeat(32)}`)).status()).toBe(403);
  expect((await page.request.get(share)).status()).toBe(200);
});
