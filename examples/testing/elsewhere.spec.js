// A page of a site's own with the script of one tag on it, in each language of the overlay: the visitor of `cutline-testing` goes about
// it as on pages of the server's. That server is open to every site, and the picture is one of its own.
import { createServer } from "node:http";

import { expect, startCutline, test as base, Visitor } from "cutline-testing";

const picture = (server, file, alt) => `<img src="${server}/pictures/demo/${file}" alt="${alt}" width="450">`;

/** A page with a dialog of its own, and a second picture far below the first. */
const longPage = (server) => `
  <div role="dialog" aria-label="Cookies" style="position: fixed; inset: auto 0 0; background: #fff">No cookies here. <button>Very well</button></div>
  ${picture(server, "nuthatch.png", "A nuthatch")}<div style="height: 2000px"></div>
  ${picture(server, "dragonfly.jpg", "A dragonfly")}<div style="height: 1000px"></div>`;

const test = base.extend({
  cutline: [
    async ({}, use) => {
      const cutline = await startCutline({ config: "[embed]\nopen = true\n", env: { CUTLINE_TEST_MODE: "true" } });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
  site: async ({ cutline }, use) => {
    const server = createServer(({ url }, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      const language = url.slice(1);
      const body = language === "long" ? longPage(cutline.url) : picture(cutline.url, "nuthatch.png", "A nuthatch");
      response.end(`<!doctype html><html lang="${language === "long" ? "en" : language}"><title>A site</title>
        <script async src="${cutline.url}/embed/v1.js" crossorigin></script>${body}`);
    });
    await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
    await use(`http://127.0.0.1:${server.address().port}`);
    server.closeAllConnections();
    server.close();
  },
});

for (const language of ["en", "zh", "ar"]) {
  test(`a visitor of a site with the script of one tag shares a part, in ${language}`, async ({ page, site, cutline }) => {
    const visitor = new Visitor(page, language);
    await visitor.open(`${site}/${language}`);
    await visitor.dwell(page.getByRole("img", { name: "A nuthatch" }));
    await visitor.dragHandle("south-east", 10, 10);
    await visitor.selectRegion({ x: 0.1, y: 0.2, width: 0.3, height: 0.4 });
    const { x, width } = await visitor.overlay.region();
    expect([x, width]).toEqual([expect.closeTo(0.1, 2), expect.closeTo(0.3, 2)]);
    const address = await visitor.share({ description: "From elsewhere", alt: "A bird" });
    expect(address).toMatch(new RegExp(`^${cutline.url}/s/`));
  });
}

test("a visitor of a page with a dialog of its own goes from one picture to another that is far below", async ({ page, site }) => {
  const visitor = new Visitor(page);
  await visitor.open(`${site}/long`);
  const { overlay } = visitor;
  await expect(page.getByRole("dialog", { name: "Cookies" })).toBeVisible();
  await page.clock.runFor(5_000);
  await expect(overlay.dialog).toHaveCount(0);
  for (const name of ["A nuthatch", "A dragonfly"]) {
    await visitor.dwell(page.getByRole("img", { name, exact: true }));
    await expect(overlay.dialog).toHaveAccessibleName(`Share a part of: ${name}`);
  }
  await visitor.dragHandle("south-east", 10, 10);
  const address = await visitor.share({ description: "From far below" });
  await page.goto(address);
  await expect(page.getByText("From far below").first()).toBeVisible();
});
