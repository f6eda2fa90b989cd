// A suite of a site's own, with `cutline-testing` from `make kit`. CHROMIUM names a browser that is there already.
import { defineConfig } from "@playwright/test";

const chromium = process.env.CHROMIUM;

export default defineConfig({
  testDir: ".",
  reporter: "line",
  use: { launchOptions: { ...(chromium && { executablePath: chromium }), args: ["--no-sandbox"] } },
});
