// The guard that all specs rely on is itself shown to bite: each kind of complaint of a page fails a test.
import { watchComplaints } from "../fixtures/complaints.ts";
import { expect, test } from "../fixtures/neighbours.ts";

/** Pages with one fault each, and what the guard says of it. */
const FAULTS = [
  { fault: "a console error", script: "console.error('odd')", says: /unexpected console error: odd/ },
  { fault: "a console warning", script: "console.warn('odd')", says: /unexpected console warning: odd/ },
  { fault: "an uncaught error", script: "setTimeout(() => { throw new Error('odd') })", says: /unexpected page error: Error: odd/ },
  { fault: "an unhandled rejection", script: "Promise.reject(new Error('odd'))", says: /unexpected page error: Error: odd/ },
  { fault: "an answer of 500", script: "fetch('/broken')", says: /unexpected status 500: .*\/broken/ },
  { fault: "a connection cut", script: "fetch('/cut').catch(() => {})", says: /unexpected no answer: .*\/cut/ },
];

for (const { fault, script, says } of FAULTS) {
  test(`${fault} is a complaint`, async ({ page, origin }) => {
    const complaints = watchComplaints(page.context(), origin.url);
    origin.put("/page.html", pageWith(script));
    origin.put("/broken", (_request, response) => void response.writeHead(500).end());
    origin.put("/cut", (_request, response) => void response.destroy());
    await page.goto(`${origin.url}/page.html`);
    await expect.poll(() => complaints.seen().length).toBeGreaterThan(0);
    await expect(complaints.verify()).rejects.toThrow(says);
  });
}

test("a page without fault has no complaints", async ({ page, origin }) => {
  const complaints = watchComplaints(page.context(), origin.url);
  origin.put("/page.html", pageWith("console.log('fine')"));
  await page.goto(`${origin.url}/page.html`);
  expect(complaints.seen()).toEqual([]);
  await complaints.verify();
});

test("an expected complaint is none, and is missed when it does not come", async ({ page, origin }) => {
  const complaints = watchComplaints(page.context(), origin.url);
  complaints.expect(/odd/);
  await expect(complaints.verify()).rejects.toThrow("expected, but not seen: /odd/");
  origin.put("/page.html", pageWith("console.error('odd')"));
  await page.goto(`${origin.url}/page.html`);
  await expect.poll(() => complaints.seen()).toHaveLength(1);
  await complaints.verify();
});

function pageWith(script: string): string {
  return `<!doctype html><title>Page</title><link rel="icon" href="data:,"><script>${script}</script>`;
}
