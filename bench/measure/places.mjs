// Where things lie, and how the programs out of unpacked packages are started: as in places.sh, whose answers `run` hands
// on in the environment.
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";

export const here = path.resolve(import.meta.dirname, "..");
export const bench = path.resolve(here, "../target/bench");
export const corpus = path.join(bench, "corpus");
export const peers = path.join(bench, "peers");
export const out = path.join(bench, "out");
export const target = path.resolve(here, "..", process.env.CARGO_TARGET_DIR ?? "target");
export const cutline = path.join(target, "release/cutline");
export const fetches = path.join(target, "release/examples/fetches");
export const warm = path.join(target, "release/examples/warm");
mkdirSync(out, { recursive: true });

/** Where a program of an unpacked package is; the bare name when the system has it. */
export function tool(name) {
  const root = path.join(peers, "root/usr/bin");
  return [name, `${name}-im6.q16`].map((file) => path.join(root, file)).find(existsSync) ?? name;
}

/** What such a program needs in its environment. */
export const toolEnvironment = {
  ...process.env,
  LD_LIBRARY_PATH: process.env.BENCH_LIBRARIES ?? "",
  MAGICK_CONFIGURE_PATH: process.env.BENCH_MAGICK_SETTINGS ?? "",
  MAGICK_CODER_MODULE_PATH: process.env.BENCH_MAGICK_CODERS ?? "",
};
