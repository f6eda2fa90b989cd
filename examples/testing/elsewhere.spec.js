// A page of a site's own with the script of one tag on it, in each language of the overlay: the visitor of `cutline-testing` goes about
// it as on pages of the server's. That server is open to every site, and the picture is one of its own.
import { createServer } from "node:http";

import { expect, startCutline, test as base, Visitor } from "cutline-testing";

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
      response.end(`<!doctype html><html lang="${url.slice(1)}"><title>A site</title>
        <script async src="${cutline.url}/embed/v1.js" crossorigin></script>
        <img src="${cutline.url}/pictures/demo/nuthatch.png" alt="A nuthatch" width="450">`);
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
