// The services that are compared over HTTP: Cutline, ipx and thumbor, each with an origin on this machine that gives them
// the whole picture. Each request names the picture anew, so that nobody answers from what was kept.
//
// Cutline's request does more than the others': it stores the clipping and the share, commits, and posts to the board.
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { service } from "./contenders.mjs";
import { corpus, cutline, here, peers } from "./places.mjs";

/** Serves the pictures of the corpus on a free port, and 10 MB that are none at /10MB; the query is not looked at. */
export async function origin() {
  const tenMegabytes = Buffer.alloc(10_000_000, "picture");
  const server = createServer((request, response) => {
    if (request.url.startsWith("/10MB")) {
      response.writeHead(200, { "content-type": "image/jpeg", "content-length": tenMegabytes.length });
      return response.end(tenMegabytes);
    }
    const file = path.join(corpus, path.basename(new URL(request.url, "http://origin").pathname));
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": statSync(file).size });
    createReadStream(file)
      .on("error", () => response.destroy())
      .pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { host: `127.0.0.1:${server.address().port}`, close: () => server.close() };
}

let asked = 0;
const picture = (host, file) => `http://${host}/${file}?${++asked}`;

export function services(host, file, { left, top, width, height }) {
  const box = `${left}x${top}:${left + width}x${top + height}`;
  const get = async (url) => {
    const response = await fetch(url);
    const bytes = await response.arrayBuffer();
    if (!response.ok || bytes.byteLength < 1000) throw new Error(`${url} answers ${response.status}`);
  };
  return [
    service("cutline", () => startCutline(host), (url) => share(url, picture(host, file))),
    service("ipx", startIpx, (url) =>
      get(`${url}/extract_${left}_${top}_${width}_${height},f_jpeg,q_85/${picture(host, file)}`)),
    service("thumbor", startThumbor, (url) =>
      get(`${url}/unsafe/${box}/filters:quality(85)/${encodeURIComponent(picture(host, file))}`)),
  ];
}

/** Shares the middle fifth with the board, and sees that a clipping came out. */
async function share(url, image_url) {
  const region = "xywh=percent:40,40,20,20";
  const response = await fetch(`${url}/api/v1/shares`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": `bench-${asked}` },
    body: JSON.stringify({ source: { image_url }, region, description: "", alt: "", targets: ["board"] }),
  });
  if (response.status !== 201) throw new Error(`cutline answers ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

async function startCutline(host) {
  const folder = mkdtempSync(path.join(tmpdir(), "cutline-bench-"));
  const port = await freePort();
  const env = {
    ...process.env,
    CUTLINE_LISTEN: `127.0.0.1:${port}`,
    CUTLINE_DATA_DIR: folder,
    CUTLINE_FETCH__ALLOW: host,
    CUTLINE_LOG: "error",
  };
  const server = await start([cutline, "serve"], port, { env, cwd: folder });
  return { ...server, stop: () => server.stop().then(() => rmSync(folder, { recursive: true })) };
}

async function startIpx() {
  const port = await freePort();
  const env = { ...process.env, BENCH_NPM: path.join(peers, "npm") };
  return start([process.execPath, path.join(here, "contenders/ipx.mjs"), port], port, { env });
}

async function startThumbor() {
  const port = await freePort();
  const program = path.join(peers, "python/bin/thumbor");
  return start([program, "-i", "127.0.0.1", "-p", port, "-c", path.join(here, "contenders/thumbor.conf"), "--processes", "1", "-l", "critical"], port, {});
}

/** Starts a server and waits until it answers. */
async function start([program, ...rest], port, options) {
  const child = spawn(program, rest.map(String), { stdio: ["ignore", "ignore", "inherit"], ...options });
  const ended = new Promise((resolve) => child.on("exit", resolve).on("error", resolve));
  let isUp = true;
  ended.then(() => (isUp = false));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; isUp && tries < 200; tries++) {
    if (await fetch(url).then(() => true, () => false)) {
      return { url, pid: child.pid, stop: () => (child.kill(), ended) };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill();
  throw new Error(`${program} does not start`);
}

async function freePort() {
  const server = createTcpServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
