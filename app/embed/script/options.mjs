// options.mjs [--check]: writes the table of EMBEDDING.md anew from the comments in options.js, or fails if it is not as it would be.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const guide = join(here, "../../../EMBEDDING.md");

const rows = [...readFileSync(join(here, "options.js"), "utf8").matchAll(/^ {2}\/\*\* (.+?) - (.+) \*\/\n {2}(\w+):/gm)];
const table = ["| attribute | takes | meaning |", "|---|---|---|", ...rows.map(([, takes, meaning, name]) => `| \`data-${name}\` | ${takes} | ${meaning} |`)];

const text = readFileSync(guide, "utf8");
const fresh = text.replace(/(<!-- options: .*-->\n)[^]*?(<!-- \/options -->)/, (_, start, end) => `${start}${table.join("\n")}\n${end}`);
if (!process.argv.includes("--check")) writeFileSync(guide, fresh);
else if (fresh !== text) {
  console.error("EMBEDDING.md: the table of options is not that of options.js; run node app/embed/script/options.mjs");
  process.exit(1);
}
