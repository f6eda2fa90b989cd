// The CPU time and the peak memory of a running process and its descendants, from /proc: for contenders that stay warm.
//
// `schedstat` counts nanoseconds on a core for each thread; what a thread or a child took that has ended since is in
// `stat`, in hundredths of a second, and is added for children that their parent waited for.
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** The process and all that descend from it. */
function family(pid) {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    const fields = /^\d+$/.test(name) && stat(name);
    if (fields) parents.set(Number(name), Number(fields[1]));
  }
  const members = [pid];
  for (const member of members) {
    for (const [child, parent] of parents) if (parent === member) members.push(child);
  }
  return members;
}

/** The fields of /proc/PID/stat behind the name, which may hold spaces: state, parent, ... */
function stat(pid) {
  const text = read(`/proc/${pid}/stat`);
  return text && text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // It has ended meanwhile.
  }
}

function threads(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Seconds of CPU time that the process and its descendants took so far. */
export function cpu(pid) {
  let seconds = 0;
  for (const member of family(pid)) {
    for (const thread of threads(member)) {
      seconds += Number(read(`/proc/${member}/task/${thread}/schedstat`).split(" ")[0]) / 1e9;
    }
    const fields = stat(member);
    if (fields) seconds += (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  }
  return seconds;
}

/** The most memory that each of them ever held, added up, in bytes. */
export function peak(pid) {
  const held = (member) => Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${member}/status`))?.[1] ?? 0);
  return family(pid).reduce((sum, member) => sum + held(member) * 1024, 0);
}

/** Waits until the process rests, so that what it does after its answer counts too; then gives its CPU time. */
export async function cpuAtRest(pid) {
  let last = cpu(pid);
  for (let tries = 0; tries < 40; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = cpu(pid);
    if (next - last < 0.000_5) return next;
    last = next;
  }
  return last;
}
