// What tests measured, as rows of a table: `.ci/test` shows the lines that begin with `| `, also when all tests have passed.

/** Rows that belong together, each of its cells. */
export function report(...rows: (string | number)[][]): void {
  console.log(rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n"));
}
