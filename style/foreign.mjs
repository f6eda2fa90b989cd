// foreign.mjs ENTRY OUT: bundles a style sheet for pages that are not ours. There rem is whatever the page says, so every length is
// counted in --cutline-rem (tokens.css). The queries of a window's size keep theirs: it is the browser's own, and no page's.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { build } = createRequire(join(import.meta.dirname, "../app/"))("esbuild");

export async function foreignStyle(entry) {
  const target = ["chrome109", "firefox115", "safari16"];
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, minify: true, write: false, target, logLevel: "warning" });
  return outputFiles[0].text.replace(/(@media[^{]*)|(-?\d*\.?\d+)rem\b/g, (_, query, length) => query ?? lengthOf(length));
}

const lengthOf = (length) => (length === "1" ? "var(--cutline-rem)" : `calc(${length}*var(--cutline-rem))`);

const [program, entry, out] = process.argv.slice(1);
if (program === import.meta.filename) writeFileSync(out, await foreignStyle(entry));
