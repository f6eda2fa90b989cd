// build.mjs BUILT OUT: puts what /embed serves into OUT. BUILT holds what cargo and wasm-bindgen made (embed.wasm, embed.js). Names are
// of the content, so that they can be kept for ever; the script knows them and their hashes, and /embed/v1.json tells its own.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { foreignStyle } from "../../../style/foreign.mjs";

const [built, out] = process.argv.slice(2);
const here = import.meta.dirname;
const { build, transform } = createRequire(join(here, "../../"))("esbuild");
const target = ["es2022", "chrome109", "firefox115", "safari16.4"];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const hash = (bytes) => createHash("sha384").update(bytes).digest();

/** Writes a file under a name of its content. */
function keep(stem, ending, content) {
  const bytes = Buffer.from(content);
  const digest = hash(bytes);
  const name = `${stem}-${digest.toString("hex").slice(0, 16)}.${ending}`;
  writeFileSync(join(out, name), bytes);
  return { name, integrity: `sha384-${digest.toString("base64")}` };
}

const glue = await transform(readFileSync(join(built, "embed.js"), "utf8"), { minify: true, target, format: "esm" });
/** A script with all that it imports, in one. */
async function bundled(name, more) {
  const entryPoints = [join(here, name)];
  const { outputFiles } = await build({ entryPoints, bundle: true, minify: true, write: false, target, logLevel: "warning", ...more });
  return outputFiles[0].contents;
}

const files = {
  glue: keep("overlay", "js", glue.code),
  module: keep("overlay", "wasm", readFileSync(join(built, "embed.wasm"))),
  style: keep("overlay", "css", await foreignStyle(join(here, "../../../style/embed.css"))),
  more: keep("more", "js", await bundled("more.js", { format: "esm" })),
};
const pairs = Object.entries(files).map(([file, { name, integrity }]) => [file, [name, integrity]]);
const loader = await bundled("v1.js", { format: "iife", define: { __FILES__: JSON.stringify(Object.fromEntries(pairs)) } });
const twin = keep("v1", "js", loader);
writeFileSync(join(out, "v1.js"), loader);
writeFileSync(join(out, "v1.json"), `${JSON.stringify({ script: twin.name, integrity: twin.integrity, files })}\n`);
