// `node sharp.mjs FILE LEFT TOP WIDTH HEIGHT`: sharp, warm. For each line on its input it cuts the same part out of the
// same bytes, and the answer is the number of bytes that came out: what the example `warm` does with our engine.
//
// One thread, since it is CPU time that is compared; no cache; sequential reading, which is its fastest way to crop.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [file, left, top, width, height] = process.argv.slice(2);
const sharp = createRequire(`${process.env.BENCH_NPM}/`)("sharp");
sharp.concurrency(1);
sharp.cache(false);
const bytes = readFileSync(file);
const region = { left: Number(left), top: Number(top), width: Number(width), height: Number(height) };
const animated = file.endsWith(".gif");

for await (const _ of createInterface({ input: process.stdin })) {
  const part = sharp(bytes, { limitInputPixels: false, sequentialRead: true, animated }).extract(region);
  const out = await (animated ? part.gif() : part.jpeg({ quality: 85 })).toBuffer();
  process.stdout.write(`${out.length}\n`);
}
