// `node ipx.mjs PORT`: ipx as a service that takes pictures from anywhere and keeps none.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const ipx = createRequire(`${process.env.BENCH_NPM}/`).resolve("ipx");
const { createIPX, createIPXNodeServer, ipxHttpStorage } = await import(pathToFileURL(ipx));
const engine = createIPX({ maxAge: 0, storage: ipxHttpStorage({ allowAllDomains: true }) });
createServer(createIPXNodeServer(engine)).listen(Number(process.argv[2]), "127.0.0.1");
