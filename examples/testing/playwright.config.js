// A suite of a site's own, with `cutline-testing` from `make kit`. CHROMIUM names a browser that is there already.
import { defineConfig } from "@playwright/test";

const chromium = process.env.CHROMIUM;

export default defineConfig({
  testDir: ".",
  reporter: "list",
  // Upper bounds for a busy machine; nothing waits for them when all is well.
  timeout: 240_000,
  expect: { timeout: 45_000 },
  use: { launchOptions: { ...(chromium && { executablePath: chromium }), args: ["--no-sandbox"] } },
});
