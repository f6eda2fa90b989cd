// The three kinds of contenders. Each has a name, `once()` that does the job one time and gives what it cost, `close()`.
import { execFile, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { cpu, cpuAtRest, peak } from "./cpu.mjs";
import { bench, toolEnvironment } from "./places.mjs";

const run = promisify(execFile);

/** A program that is started for the job and ends with it: all of it counts, start-up too. */
export function process_(name, command, input = "/dev/null") {
  const once = async () => {
    const [program, ...rest] = command;
    const { stdout } = await run(path.join(bench, "launch"), [input, program, ...rest], { env: toolEnvironment });
    return JSON.parse(stdout);
  };
  return { name, once, close() {} };
}

/** A process that does the job once for each line it gets: only that counts. The first time is for warming up. */
export function warm(name, command, env = {}) {
  let child;
  let answers;
  const ask = async () => {
    child.stdin.write("\n");
    const { done } = await answers.next();
    if (done) throw new Error(`${name} has ended`);
  };
  const start = async () => {
    child = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
    answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await ask();
    await ask();
  };
  const once = async () => {
    if (!child) await start();
    const before = cpu(child.pid);
    const begin = performance.now();
    await ask();
    const wall = (performance.now() - begin) / 1000;
    return { cpu: cpu(child.pid) - before, wall, peak: peak(child.pid) };
  };
  return { name, once, close: () => child?.kill() };
}

/** A service, asked over HTTP by `ask(url)`; what it does behind its answer counts too. */
export function service(name, start, ask) {
  let server;
  const once = async () => {
    if (!server) {
      server = await start();
      await ask(server.url);
      await ask(server.url);
    }
    const before = await cpuAtRest(server.pid);
    const begin = performance.now();
    await ask(server.url);
    const wall = (performance.now() - begin) / 1000;
    return { cpu: (await cpuAtRest(server.pid)) - before, wall, peak: peak(server.pid) };
  };
  return { name, once, close: () => server?.stop() };
}
