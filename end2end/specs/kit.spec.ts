// The tester's kit in the hands of another suite (examples/testing): packed by `make kit` (which `make test` runs), installed in a folder of its own, and
// run there against a server in test mode.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { chromium } from "../playwright.config.ts";
import { PROGRAM } from "../fixtures/cutline.ts";
import { expect, test } from "../fixtures/test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

test("a suite outside of this one runs with the packed kit, twice with the same names and times", async () => {
  test.setTimeout(400_000);
  const folder = await mkdtemp(join(tmpdir(), "cutline-kit-"));
  try {
    await cp(join(ROOT, "examples/testing"), folder, { recursive: true });
    const packages = join(folder, "node_modules");
    await mkdir(join(packages, "cutline-testing"), { recursive: true });
    await run("tar", ["-xzf", join(ROOT, "target/kit/cutline-testing-0.1.0.tgz"), "--strip-components=1"], { cwd: join(packages, "cutline-testing") });
    // The runner is the suite's own; here it is this one's.
    await symlink(join(ROOT, "end2end/node_modules/@playwright"), join(packages, "@playwright"));
    const env = { ...process.env, CUTLINE_PROGRAM: resolve(PROGRAM), CHROMIUM: chromium ?? "" };
    for (const _ of ["first", "again"]) {
      // What it says when it fails is in the error's own `stdout`.
      const said = await run(process.execPath, [join(packages, "@playwright/test/cli.js"), "test", "--workers=1"], { cwd: folder, env }).catch((error: { stdout: string }) => error);
      expect(said.stdout).toMatch(/6 passed/);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
