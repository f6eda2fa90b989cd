// The results as Markdown: a table for each job, and what is reached of the goals.
import { goals, judge } from "./goals.mjs";

/** @param results for each job its name and its rows: name and medians of cpu, wall (seconds) and peak (bytes), or failure */
export function report(results, machine, rounds) {
  return [
    `${machine.date}, ${machine.cores} cores of ${machine.model}, ${machine.memory} of memory, ${machine.system}; load ` +
      `${machine.loadBefore} before and ${machine.loadAfter} after. Pictures: ${machine.pictures}. Medians of ${rounds} ` +
      `interleaved rounds. Peers: ${machine.versions.join(", ")}.`,
    ...results.map(table),
    goalsTable(results),
  ].join("\n\n") + "\n";
}

/** Each figure and, behind it, how many times the first contender's it is. */
function table({ name, rows }) {
  const first = rows.find((row) => !row.failure);
  const lines = rows.map((row) => {
    if (row.failure) return `| ${row.name} | failed: ${row.failure} | | | | | |`;
    const times = (figure) => (row[figure] / first[figure]).toFixed(2);
    return `| ${[row.name, milliseconds(row.cpu), times("cpu"), milliseconds(row.wall), times("wall"), megabytes(row.peak), times("peak")].join(" | ")} |`;
  });
  const head = "| | CPU ms | times the first | wall ms | times the first | peak MB | times the first |";
  return [`### ${name}`, "", head, "|---|---:|---:|---:|---:|---:|---:|", ...lines].join("\n");
}

function goalsTable(results) {
  const lines = goals.map((goal) => {
    const value = judge(goal, results);
    const show = (figure) => (goal.kind === "memory" ? `${megabytes(figure)} MB` : figure.toFixed(2));
    const what = goal.kind === "memory" ? "peak above that of" : "CPU against";
    const verdict = value === undefined ? "not measured" : value <= goal.most ? "reached" : `missed by ${show(value - goal.most)}`;
    return `| ${goal.job}: ${goal.mine}, ${what} ${goal.peer} | ${show(goal.most)} | ${value === undefined ? "" : show(value)} | ${verdict} |`;
  });
  return ["### Goals", "", "| | goal | measured | |", "|---|---:|---:|---|", ...lines].join("\n");
}

const milliseconds = (seconds) => (seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0);
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
