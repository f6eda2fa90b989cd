// Starts Bluesky's data server and the directory of identities beside it, both on this machine alone and with fresh data:
// node server.mjs PACKAGES DATA PORT DIRECTORY_PORT MAX_UPLOAD_BYTES, where PACKAGES holds the node_modules of both.
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { Server } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, data, port, directoryPort, maxUploadBytes] = process.argv.slice(2);

// Both listen on every address and cannot be told otherwise: what names no host gets this machine's own.
const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
  if (/^\d+$/.test(String(args[0])) && typeof args[1] !== "string") args.splice(1, 0, "127.0.0.1");
  else if (args[0]?.port !== undefined && !args[0].host) args[0] = { ...args[0], host: "127.0.0.1" };
  return listen.apply(this, args);
};

const require = createRequire(join(packages, "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { PlcServer, Database } = require("@did-plc/server");
const { PDS, envToCfg, envToSecrets, readEnv } = await load("@atproto/pds");

// In memory: it lives as long as the data beside it.
await PlcServer.create({ db: Database.mock(), port: Number(directoryPort) }).start();

mkdirSync(join(data, "blobs"), { recursive: true });
for (const name of Object.keys(process.env)) if (name.startsWith("PDS_")) delete process.env[name];
Object.assign(process.env, {
  PDS_DEV_MODE: "1",
  PDS_HOSTNAME: "localhost",
  PDS_PORT: port,
  PDS_DATA_DIRECTORY: data,
  PDS_BLOBSTORE_DISK_LOCATION: join(data, "blobs"),
  PDS_DID_PLC_URL: `http://127.0.0.1:${directoryPort}`,
  PDS_SERVICE_HANDLE_DOMAINS: ".test",
  PDS_INVITE_REQUIRED: "0",
  PDS_BLOB_UPLOAD_LIMIT: maxUploadBytes,
  PDS_RATE_LIMITS_ENABLED: "1",
  PDS_ADMIN_PASSWORD: "for-tests",
  PDS_JWT_SECRET: "for-tests",
  PDS_DPOP_SECRET: "3".repeat(64),
  PDS_REPO_SIGNING_KEY_K256_PRIVATE_KEY_HEX: "1".repeat(64),
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: "2".repeat(64),
});
const env = readEnv();
const pds = await PDS.create(envToCfg(env), envToSecrets(env));
await pds.start();
console.log(`Bluesky is at http://127.0.0.1:${port}`);
process.once("SIGTERM", () => process.exit(0));
