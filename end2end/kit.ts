// What suites of other sites import: a visitor, the page objects, and a Cutline of its own for each worker, in test mode. Built
// into the package `cutline-testing` by `make kit`.
import { test as base } from "@playwright/test";

import { type Cutline, startCutline } from "./fixtures/cutline.ts";
import { Visitor } from "./pages/visitor.ts";

export { expect } from "@playwright/test";
export { type Cutline, type CutlineSettings, startCutline } from "./fixtures/cutline.ts";
export { DWELL_MS, GalleryPage } from "./pages/gallery.ts";
export { type Box, type Handle, HANDLES, Overlay } from "./pages/overlay.ts";
export { Visitor, type Words } from "./pages/visitor.ts";
export { type Language, WORDING, type Wording } from "./pages/wording.ts";

/** A test with a visitor, and a server whose targets are fakes, whose clock begins at a known time and whose shares are named
 * 1, 2, 3, …; `CUTLINE_PROGRAM` says where the program is. */
export const test = base.extend<{ visitor: Visitor }, { cutline: Cutline }>({
  cutline: [
    async ({}, use) => {
      const cutline = await startCutline({ env: { CUTLINE_TEST_MODE: "true" } });
      await use(cutline);
      await cutline.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ cutline }, use) => use(cutline.url),
  visitor: async ({ page }, use) => use(new Visitor(page)),
});
