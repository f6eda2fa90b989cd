// Starts oidc-provider with its own pages for signing in and consent, and a service that takes shares from whoever brings one of
// its tokens: node server.mjs PACKAGES PORT SERVICE_PORT RETURN_ADDRESS CODE_SECONDS. The service asks the provider about each
// token (RFC 7662), as any service behind such a server does.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, port, servicePort, returnAddress, codeSeconds] = process.argv.slice(2);
const require = createRequire(join(packages, "package.json"));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")).href);

const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "cutline",
      client_secret: "the-secret:of+cutline",
      application_type: "native",
      grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: [returnAddress],
      response_types: ["code"],
    },
    // Nobody signs in for the service: it only asks.
    { client_id: "service", client_secret: "the secret of the service", grant_types: [], redirect_uris: [], response_types: [] },
  ],
  scopes: ["openid", "profile"],
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: `${id} the first` }) }),
  pkce: { required: () => true },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  // So short that tokens are renewed within a test.
  ttl: { AccessToken: 3, AuthorizationCode: Number(codeSeconds), RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 300 },
  features: { devInteractions: { enabled: true }, revocation: { enabled: true }, introspection: { enabled: true } },
  cookies: { keys: ["for the tests"] },
});
provider.use((context, next) => (context.path === "/favicon.ico" ? (context.status = 204) : next()));
for (const event of ["grant.success", "grant.error", "grant.revoked", "refresh_token.consumed"]) {
  provider.on(event, (_, error) => console.log(`provider: ${event} ${error?.message ?? ""}`));
}
await new Promise((resolve) => provider.listen(Number(port), "127.0.0.1", resolve));

/** What the provider says of a token. */
async function tokenOf(request) {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const authorization = `Basic ${Buffer.from("service:the+secret+of+the+service").toString("base64")}`;
  const body = new URLSearchParams({ token: token ?? "" });
  const answer = await fetch(`${issuer}/token/introspection`, { method: "POST", headers: { authorization }, body });
  return answer.json();
}

const shares = new Map();
createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.method === "GET") return answer(200, [...shares.values()]);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const token = await tokenOf(request);
  if (!token.active) return answer(401, { error: "invalid_token", error_description: "The token is not active" });
  const { type, data } = JSON.parse(Buffer.concat(chunks).toString());
  if (type === "share.deleted") return shares.delete(data.id) ? answer(200, {}) : answer(404, {});
  if (data.description.includes("forbidden words")) return answer(422, { message: "These words are not taken here" });
  const by = createHash("sha256").update(request.headers.authorization).digest("hex");
  // Each id once, as the schema asks.
  if (!shares.has(data.id)) shares.set(data.id, { ...data, account: token.sub, by });
  return answer(201, { id: data.id, url: `http://127.0.0.1:${servicePort}/${data.id}` });
}).listen(Number(servicePort), "127.0.0.1", () => console.log(`The provider is at ${issuer}`));
process.once("SIGTERM", () => process.exit(0));
