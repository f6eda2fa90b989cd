// Measures: in each round every contender of every job once, one after the other (A B C ... A B C ...), so that whatever
// else the machine does meets all of them alike. Only ratios of medians mean something.
//
// BENCH_ROUNDS is how often (7), ONLY the groups or parts of the names of the jobs wanted, with commas; with BENCH_KEEP=1
// the tables replace those in BENCHMARKS.md.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { goals, judge } from "./goals.mjs";
import { jobs } from "./jobs.mjs";
import { load, machine } from "./machine.mjs";
import { bench, here } from "./places.mjs";
import { report } from "./report.mjs";
import { origin } from "./services.mjs";

const rounds = Number(process.env.BENCH_ROUNDS || 7);
const only = (process.env.ONLY || "").split(",").filter(Boolean);
if (!Number.isInteger(rounds) || rounds < 1) stop("BENCH_ROUNDS is a number from 1 on");

const loadBefore = load();
const pictures = await origin();
const wanted = jobs(pictures.host).filter(
  ({ name, group }) => only.length === 0 || only.some((word) => group === word || name.includes(word)),
);
if (wanted.length === 0) stop(`no job is called ${only}`);

const entries = wanted.flatMap((job) => job.contenders.map((contender) => ({ job, contender, runs: [] })));
try {
  for (let round = 1; round <= rounds; round++) {
    const begin = performance.now();
    for (const entry of entries.filter(({ failure }) => !failure)) await measure(entry);
    console.error(`  round ${round} of ${rounds}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  }
} finally {
  await Promise.all(entries.map(({ contender }) => contender.close()));
  pictures.close();
}

const results = wanted.map((job) => ({
  name: job.name,
  rows: entries.filter((entry) => entry.job === job).map(({ contender, runs, failure }) =>
    failure
      ? { name: contender.name, failure }
      : { name: contender.name, cpu: median(runs, "cpu"), wall: median(runs, "wall"), peak: median(runs, "peak") }),
}));
const about = machine(loadBefore);
const text = report(results, about, rounds);
writeFileSync(path.join(bench, "results.md"), text);
writeFileSync(path.join(bench, "results.json"), JSON.stringify({ machine: about, rounds, results }, null, 2));
// Some jobs alone would leave the tables of the others out.
if (process.env.BENCH_KEEP && !only.length) keep(text);
process.stdout.write(text);
const judged = goals.map((goal) => ({ ...goal, value: judge(goal, results) })).filter(({ value }) => value !== undefined);
const reached = judged.filter(({ value, most }) => value <= most);
console.log(`${reached.length} of ${judged.length} goals reached, ${goals.length - judged.length} not measured`);

/** Puts the tables between the marks in BENCHMARKS.md. */
function keep(tables) {
  const file = path.join(here, "../BENCHMARKS.md");
  const between = /(<!-- tables -->\n)[^]*(<!-- end of the tables -->)/;
  writeFileSync(file, readFileSync(file, "utf8").replace(between, (_, begin, end) => `${begin}\n${tables}\n${end}`));
}

/** One run; a contender that fails is out, and its first words say why. */
async function measure(entry) {
  try {
    entry.runs.push(await entry.contender.once());
  } catch (error) {
    const words = (error.stderr || error.message).trim().split("\n");
    entry.failure = words.at(-1).slice(0, 120);
    console.error(`  ${entry.job.name}: ${entry.contender.name} is left out: ${entry.failure}`);
  }
}

function median(runs, key) {
  const values = runs.map((run) => run[key]).sort((a, b) => a - b);
  const middle = Math.floor(values.length / 2);
  return values.length % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

function stop(why) {
  console.error(`cutline: ${why}`);
  process.exit(2);
}
