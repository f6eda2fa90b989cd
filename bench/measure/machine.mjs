// What the figures were measured on, for those who compare them with theirs.
import { readFileSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { corpus, peers } from "./places.mjs";

export const load = () => os.loadavg()[0].toFixed(1);

export function machine(loadBefore) {
  const versions = readdirSync(peers)
    .filter((name) => name.endsWith(".versions"))
    .flatMap((name) => readFileSync(path.join(peers, name), "utf8").trim().split("\n"));
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: os.cpus().length,
    model: os.cpus()[0]?.model ?? "an unknown processor",
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? os.release(),
    pictures: readFileSync(path.join(corpus, "origin"), "utf8").trim(),
    loadBefore,
    loadAfter: load(),
    versions: versions.map((version) => version.replaceAll(/\s+/g, " ")),
  };
}
