// What is to be reached: our CPU time over the peer's on the same job in the same run, medians of all rounds; and memory.

const ratio = (job, mine, peer, most) => ({ job, mine, peer, most, kind: "cpu" });

export const goals = [
  ratio("baseline 24 MP", "cutline, warm", "sharp, warm", 0.3),
  ratio("baseline 24 MP", "cutline", "vips", 0.27),
  ratio("baseline 100 MP", "cutline, warm", "sharp, warm", 0.22),
  ratio("lossless 24 MP", "cutline", "jpegtran", 0.18),
  ratio("progressive 24 MP", "cutline", "vips", 0.5),
  ratio("PNG 24 MP", "cutline, warm", "sharp, warm", 0.3),
  ratio("WebP 12 MP", "cutline", "vips", 0.17),
  ratio("GIF 60 frames", "cutline, warm", "sharp, warm", 0.2),
  ratio("HTTP 24 MP", "cutline", "ipx", 0.3),
  ratio("HTTP 24 MP", "cutline", "thumbor", 0.22),
  ratio("fetch 10 MB, kept", "cutline", "reqwest", 1.1),
  { job: "streamed 100 MP", mine: "cutline", peer: "cutline --version", most: 12e6, kind: "memory" },
];

/** The goal's figure in `results`, or nothing when somebody it needs was not measured. */
export function judge(goal, results) {
  const rows = results.find(({ name }) => name === goal.job)?.rows ?? [];
  const of = (name) => rows.find((row) => row.name === name && !row.failure);
  const [mine, peer] = [of(goal.mine), of(goal.peer)];
  if (!mine || !peer) return undefined;
  return goal.kind === "memory" ? mine.peak - peer.peak : mine.cpu / peer.cpu;
}
