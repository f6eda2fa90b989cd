// The JSON API of the running program, as the documents show it: the picture by its address, or a page served by another
// process and which picture of it.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect, test, type Cutline } from "../fixtures/test.ts";
import { decode, part } from "../fixtures/pixels.ts";

const NUTHATCH = fileURLToPath(new URL("../../public/demo/nuthatch.png", import.meta.url));

interface Clipping {
  url: string;
  width: number;
  height: number;
  type: string;
  bytes: number;
}

function post(cutline: Cutline, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${cutline.url}/api/v1/shares`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

const region = { x: 0.1, y: 0.2, w: 0.3, h: 0.4 };

for (const { name, source } of [
  { name: "by its address", source: (origin: string) => ({ image_url: `${origin}/nuthatch.png`, natural: { width: 900, height: 600 } }) },
  { name: "by its page and place", source: (origin: string) => ({ page_url: `${origin}/birds.html`, index: 1 }) },
  { name: "by its page and src", source: (origin: string) => ({ page_url: `${origin}/birds.html`, src: "pictures/../nuthatch.png" }) },
]) {
  test(`a picture of another site is shared ${name}`, async ({ page, cutline, origin }) => {
    const png = await readFile(NUTHATCH);
    origin.put("/nuthatch.png", png);
    origin.put("/birds.html", `<title>Birds</title><p>Unclosed<img src=/other.png><table><td><img alt=bird src="nuthatch.png">`);
    const answer = await post(cutline, { source: source(origin.url), region, description: "The bird", alt: "A bird", targets: ["board"] });
    expect(answer.status).toBe(201);
    const receipt = (await answer.json()) as { id: string; url: string; clipping: Clipping; deliveries: unknown[] };
    expect(answer.headers.get("location")).toBe(`/api/v1/shares/${receipt.id}`);
    expect(receipt).toMatchObject({
      url: `${cutline.url}/s/${receipt.id}`,
      clipping: { width: 270, height: 240, type: "image/png" },
      deliveries: [{ target: "board", state: "posted" }],
    });
    const bytes = Buffer.from(await (await fetch(receipt.clipping.url)).arrayBuffer());
    expect(bytes.length).toBe(receipt.clipping.bytes);
    const original = await decode(page, png, "image/png");
    expect((await decode(page, bytes, "image/png")).data.equals(part(original, 90, 120, 270, 240).data)).toBe(true);
    // Nothing of the visitor goes along, and the fetcher says who it is.
    for (const { headers } of origin.requests) {
      expect(headers["user-agent"]).toMatch(/^Cutline\/\d+\.\d+\.\d+ \(\+http/);
      expect(headers).not.toHaveProperty("cookie");
      expect(headers).not.toHaveProperty("referer");
    }
  });
}

test("a refused request is problem+json that names the field and leaves nothing behind", async ({ cutline, origin }) => {
  origin.put("/page.html", "<p>No picture here</p>");
  const image_url = `${origin.url}/nuthatch.png`;
  const board = async () => /<main.*<\/main>/s.exec(await (await fetch(`${cutline.url}/board`)).text())![0];
  const before = await board();
  for (const { body, status, code, field } of [
    { body: { source: { image_url }, region: { ...region, w: 2 }, targets: ["board"] }, status: 422, code: "invalid_field", field: "region" },
    { body: { source: {}, region, targets: ["board"] }, status: 422, code: "invalid_field", field: "source" },
    { body: { source: { image_url }, region, targets: ["twitter"] }, status: 422, code: "unknown_target", field: "targets[0]" },
    { body: { source: { image_url }, region, targets: [] }, status: 422, code: "invalid_field", field: "targets" },
    { body: { source: { image_url: "http://169.254.169.254/latest" }, region, targets: ["board"] }, status: 502, code: "origin_unreachable" },
    { body: { source: { image_url: `${origin.url}/gone.png` }, region, targets: ["board"] }, status: 502, code: "origin_refused" },
    { body: { source: { image_url: `${origin.url}/page.html` }, region, targets: ["board"] }, status: 422, code: "picture_unsupported" },
    { body: { source: { page_url: `${origin.url}/page.html`, index: 0 }, region, targets: ["board"] }, status: 422, code: "picture_not_found" },
  ]) {
    const answer = await post(cutline, body);
    expect(answer.headers.get("content-type"), JSON.stringify(body)).toBe("application/problem+json");
    const problem = (await answer.json()) as { detail: string };
    expect(problem, JSON.stringify(body)).toMatchObject({ status, code, ...(field === undefined ? {} : { field }) });
    expect(problem.detail.length).toBeGreaterThan(15);
  }
  expect(await board()).toBe(before);
});

test("the same key is the same share, and no key for another request", async ({ cutline }) => {
  const body = { source: { image_url: `${cutline.url}/pictures/demo/nuthatch.png` }, region: "pct:0,0,50,50", targets: ["board"] };
  const key = { "idempotency-key": `key-${Date.now()}` };
  const [first, second] = [await post(cutline, body, key), await post(cutline, body, key)];
  expect(await second.json()).toEqual(await first.json());
  const other = await post(cutline, { ...body, description: "Another" }, key);
  expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([422, "idempotency_conflict"]);
});
