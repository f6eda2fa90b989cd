// The servers that the other specs rely on: the foreign site and the Mastodon-API server do what they are for.
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

import { PNG } from "pngjs";

import { expect, test } from "../fixtures/neighbours.ts";

/** A picture in which no two columns and no two rows are alike. */
function picture(): Buffer {
  const png = new PNG({ width: 64, height: 48 });
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) png.data.set([x * 4, y * 5, (x * y) % 256, 255], (y * png.width + x) * 4);
  }
  return PNG.sync.write(png);
}

test("a picture posted to the Mastodon-API server comes back byte for byte, with its description", async ({ snac }) => {
  const authorization = `Bearer ${snac.token}`;
  const png = picture();

  const form = new FormData();
  form.set("file", new Blob([new Uint8Array(png)], { type: "image/png" }), "part.png");
  form.set("description", "Stripes of every colour");
  const upload = await fetch(`${snac.url}/api/v2/media`, { method: "POST", headers: { authorization }, body: form });
  expect(upload.status).toBe(200);
  const { id } = (await upload.json()) as { id: string };

  const text = `A part of a picture ${createHash("sha256").update(png).digest("hex").slice(0, 8)}`;
  const published = await fetch(`${snac.url}/api/v1/statuses`, {
    method: "POST",
    headers: { authorization },
    body: new URLSearchParams({ status: text, "media_ids[]": id }),
  });
  expect(published.status).toBe(200);

  const status = (await snac.statuses()).find(({ content }) => content.includes(text));
  expect(status).toBeDefined();
  const [attachment, ...others] = status!.media_attachments;
  expect(others).toHaveLength(0);
  expect(attachment).toMatchObject({ type: "image", description: "Stripes of every colour" });
  const bytes = Buffer.from(await (await fetch(attachment!.url)).arrayBuffer());
  expect(bytes.equals(png)).toBe(true);
});

test("a request without the account's token is refused by the Mastodon-API server", async ({ snac }) => {
  const answer = await fetch(`${snac.url}/api/v1/statuses`, {
    method: "POST",
    headers: { authorization: "Bearer of-nobody" },
    body: new URLSearchParams({ status: "not mine" }),
  });
  expect(answer.status).toBe(401);
});

test("the origin serves what was put there, remembers who asked, and nothing outside its folder", async ({ origin }) => {
  const png = picture();
  origin.put("/harbour.png", png);
  origin.serve(fileURLToPath(new URL(".", import.meta.url)));

  const answer = await fetch(`${origin.url}/harbour.png?size=full`, { headers: { "x-asked-by": "smoke" } });
  expect(answer.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await answer.arrayBuffer()).equals(png)).toBe(true);
  expect(origin.requests).toMatchObject([{ method: "GET", path: "/harbour.png?size=full", headers: { "x-asked-by": "smoke" } }]);

  expect((await fetch(`${origin.url}/smoke.spec.ts`)).status).toBe(200);
  expect((await fetch(`${origin.url}/%2e%2e%2fpackage.json`)).status).toBe(404);
  expect((await fetch(`${origin.url}/none.png`)).status).toBe(404);
});

test("the origin forgets between tests", async ({ origin }) => {
  expect(origin.requests).toEqual([]);
  expect((await fetch(`${origin.url}/harbour.png`)).status).toBe(404);
});
