// How the end-to-end tests run: the system's Chromium, two workers, no retries (a test that passes on its second try has
// failed). No `webServer`: each worker's fixtures start servers of their own, on ports that the system gives.
import { existsSync } from "node:fs";

import { defineConfig, devices } from "@playwright/test";

// The places in which .ci/install looks too; where none is, Playwright takes the build that it installed itself.
export const chromium = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && path !== "" && existsSync(path),
);

export default defineConfig({
  testDir: "specs",
  outputDir: "results/artifacts",
  // .ci/test reads the counts from the second one.
  reporter: [["list"], ["json", { outputFile: "results/report.json" }]],
  workers: 2,
  retries: 0,
  // Upper bounds for a busy machine of two cores; nothing waits for them when all is well.
  timeout: 240_000,
  expect: { timeout: 45_000 },
  forbidOnly: process.env["CI"] !== undefined,
  use: {
    trace: "retain-on-failure",
  },
  projects: [
    {
      name: "chromium",
      use: {
        ...devices["Desktop Chrome"],
        launchOptions: {
          ...(chromium === undefined ? {} : { executablePath: chromium }),
          args: [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
          ],
        },
      },
    },
  ],
});
