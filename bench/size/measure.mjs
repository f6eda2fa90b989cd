// What a browser has to load: ours as `make RELEASE=1 site` left it, and the peers bundled and minified by the same esbuild.
// Usage: measure.mjs SITE [PEERS], the folder of the site and that of the peers' packages. Fails over the budgets.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const [site, peers] = process.argv.slice(2);

const sizes = (parts) => {
  const total = { raw: 0, gzip: 0, brotli: 0 };
  for (const part of parts) for (const form in total) total[form] += part[form].length;
  return total;
};

/** Ours, compressed as the server sends it. */
const served = (folder, names) => {
  const file = (name) => readFileSync(join(site, folder, name));
  return sizes(names.map((name) => ({ raw: file(name), gzip: file(`${name}.gz`), brotli: file(`${name}.br`) })));
};
const read = (...names) => served("pkg", names);
const loader = read("loader.js");
const overlay = read("cutline.wasm", "cutline.js", "cutline.css");
const { files } = JSON.parse(readFileSync(join(site, "embed/v1.json"), "utf8"));
const foreign = (...names) => served("embed", names);
const script = foreign("v1.js");
const elsewhere = foreign(files.module.name, files.glue.name, files.style.name);
const rows = [
  ["Cutline before any sign of intent (loader)", loader],
  ["Cutline at the first sign (module, glue, style)", overlay],
  ["- the module", read("cutline.wasm")],
  ["- the glue", read("cutline.js")],
  ["- the style, of the pages too", read("cutline.css")],
  ["Cutline on another site before any sign of intent (script)", script],
  ["Cutline on another site at the first sign (module, glue, style)", elsewhere],
  ["- the module", foreign(files.module.name)],
  ["- the glue", foreign(files.glue.name)],
  ["- the style", foreign(files.style.name)],
];

if (peers !== undefined) {
  const { build } = createRequire(join(process.cwd(), "app/"))("esbuild");
  const bundle = async (name, source) => {
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: peers, loader: "jsx" },
      bundle: true,
      minify: true,
      write: false,
      outdir: "out",
      format: "esm",
      target: "es2022",
      define: { "process.env.NODE_ENV": '"production"' },
      logLevel: "error",
    });
    const compressed = (raw) => ({ raw, gzip: gzipSync(raw, { level: 9 }), brotli: brotliCompressSync(raw) });
    rows.push([name, sizes(outputFiles.map((file) => compressed(file.contents)))]);
  };
  const app = (use) => `import { createRoot } from "react-dom/client"; ${use}`;
  await bundle(
    "React + react-image-crop",
    app('import ReactCrop from "react-image-crop"; import "react-image-crop/dist/ReactCrop.css"; createRoot(document.body).render(<ReactCrop><img /></ReactCrop>); import * as React from "react"; globalThis.React = React;'),
  );
  await bundle("Cropper.js 2", 'import Cropper from "cropperjs"; new Cropper(document.querySelector("img"));');
  await bundle(
    "Annotorious 3",
    'import { createImageAnnotator } from "@annotorious/annotorious"; import "@annotorious/annotorious/annotorious.css"; createImageAnnotator(document.querySelector("img"));',
  );
}

const kilobytes = (bytes) => (bytes / 1024).toFixed(1);
console.log("| what | KiB raw | gzip | brotli |\n|---|--:|--:|--:|");
for (const [name, { raw, gzip, brotli }] of rows) {
  console.log(`| ${name} | ${kilobytes(raw)} | ${kilobytes(gzip)} | ${kilobytes(brotli)} |`);
}

// The goals are 5 KiB and 60: BENCHMARKS.md says how far the second is and why. These keep it from getting worse.
const budgets = [
  ["the loader", loader.gzip, 1],
  ["the overlay", overlay.brotli, 137],
  ["the script for other sites", script.gzip, 5],
  ["the overlay for other sites", elsewhere.brotli, 131],
];
for (const [name, bytes, most] of budgets) {
  if (bytes > most * 1024) {
    console.error(`${name} has ${kilobytes(bytes)} KiB, more than its budget of ${most}: make it smaller, or say in BENCHMARKS.md why not.`);
    process.exitCode = 1;
  }
}
