// What a site tests of its pages with the overlay on them: here the demo gallery's. Targets are fakes, the server's clock begins
// at a known time, and its first share has the name 1: nothing has to be cleaned up, and nothing is different tomorrow.
import { expect, test } from "cutline-testing";

test("a visitor shares a part, and hears what became of it", async ({ page, visitor, cutline }) => {
  await visitor.open("/");
  await visitor.dwell(page.getByRole("img").first());
  await visitor.dragHandle("south-east", 10, 10);
  await visitor.selectRegion({ x: 0.1, y: 0.2, width: 0.3, height: 0.4 });
  const fakes = ["Fake that posts", "Fake that refuses", "Fake that waits", "Fake that says nothing"];
  const address = await visitor.share({ description: "The first part", targets: ["Board", ...fakes] });
  expect(address).toBe(`${cutline.url}/s/0000000000000001`);
  const { overlay } = visitor;
  await expect(overlay.delivery("Fake that posts")).toContainText("posted");
  await expect(overlay.delivery("Fake that refuses")).toContainText("This target refuses everything.");
  await expect(overlay.delivery("Fake that waits")).toContainText("This target is never there.");
  await expect(overlay.delivery("Fake that says nothing")).toContainText("not certain");
  await page.goto(address);
  await expect(page.locator("time").first()).toHaveAttribute("datetime", /^2026-01-01T12:0/);
});

test("what a target does not take is told before anything is sent", async ({ page, visitor }) => {
  await visitor.open("/");
  await visitor.dwell(page.getByRole("img").first());
  const { overlay } = visitor;
  await overlay.target("Fake that posts").check();
  await overlay.description.fill("A sentence that is longer than the hundred characters which this target takes, link and all.");
  await overlay.alt.fill("A bird");
  const line = overlay.dialog.locator(".share-panel__rooms li");
  await expect(line).toHaveCount(1);
  await expect(line).toContainText(/^Fake that posts\d+ \/ 100/);
  await expect(line).toContainText("The text will be shortened. No field for alt text there; it will stand in the text.");
  await visitor.selectRegion({ x: 0, y: 0, width: 1, height: 1 });
  await expect(line).toContainText(/640 × \d+ pixels|\d+ × 640 pixels/);
  await expect(line).toContainText("The picture will be made smaller.");
});
