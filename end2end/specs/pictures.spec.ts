// Page mode against a real browser: what `cutline pictures` lists of a page is what Chromium has in `document.images`,
// picture by picture, and what is fetched first for each is what Chromium shows in one window or another. Scripts do not run (the page forbids it), but the page is parsed as if they could.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Browser, Page } from "@playwright/test";

import { PROGRAM } from "../fixtures/cutline.ts";
import { expect, test as base } from "../fixtures/neighbours.ts";
import type { Origin } from "../fixtures/origin.ts";
import { HANDMADE, SRCSETS } from "../pictures/handmade.ts";

interface Candidate {
  url: string;
  place: "source" | "srcset" | "src" | "late" | "noscript";
  width: number | null;
  density: number | null;
  media: string | null;
}

interface Listed {
  encoding: string;
  /** `first` is what is fetched first for a share that says only which of them it is. */
  pictures: { src: string | null; alt: string | null; first: string | null; candidates: Candidate[] }[];
}

/** Packages whose demos and tests are galleries. */
const PACKAGES = ["vanilla-lazyload", "justifiedGallery"];

/** Windows in which the browser may choose differently. */
const WINDOWS = [
  { width: 400, height: 800, deviceScaleFactor: 1 },
  { width: 1000, height: 800, deviceScaleFactor: 2 },
  { width: 2000, height: 1200, deviceScaleFactor: 1 },
  // What asks for the largest there is.
  { width: 3000, height: 2000, deviceScaleFactor: 4 },
];

/** The windows, open for all pages of a test. */
const test = base.extend<{ windows: Page[] }>({
  windows: async ({ browser }, use) => {
    const pages = await Promise.all(WINDOWS.map((window) => open(window, browser)));
    await use(pages);
    await Promise.all(pages.map((page) => page.close()));
  },
});

// Recording hundreds of pages in four windows takes the time.
test.use({ trace: "off" });

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));

/** One pixel. */
const GIF = Buffer.from("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=", "base64");

/** Puts a page at `path`, where no script of it runs. */
function put(origin: Origin, path: string, body: string | Uint8Array, type = "text/html"): string {
  origin.put(path, (_request, response) => {
    response.writeHead(200, { "content-type": type, "content-security-policy": "script-src 'none'" }).end(body);
  });
  return origin.url + path;
}

/** What the program lists. */
async function listed(origin: Origin, url: string): Promise<Listed> {
  const env = { PATH: process.env["PATH"], CUTLINE_FETCH__ALLOW: origin.host };
  const { stdout } = await promisify(execFile)(PROGRAM, ["pictures", url], { env, maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Listed;
}

/** A window for pages; everything else that they ask for is one pixel, from whichever host. */
async function open({ deviceScaleFactor, ...viewport }: (typeof WINDOWS)[number], browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport, deviceScaleFactor });
  await page.route("**/*", (route) =>
    route.request().isNavigationRequest() && route.request().frame() === page.mainFrame()
      ? route.continue()
      : route.fulfill({ contentType: "image/gif", body: GIF }),
  );
  return page;
}

/** A browser that has the picture already names it as it was first asked for: with another fragment. */
const bare = (url: string) => url.split("#", 1)[0]!;

/** Whether only a script, or a browser without scripts, would load this candidate. */
const isLate = ({ place }: Candidate) => place === "late" || place === "noscript";

/** Holds our list of the page against the browser's, in each of these windows; answers how many pictures they have. */
async function compare(windows: Page[], origin: Origin, url: string, body: string | Uint8Array): Promise<number> {
  const hasForeignCharacters = Buffer.from(body as Uint8Array).some((byte) => byte >= 0x80);
  const ours = await listed(origin, url);
  const medias = [...new Set(ours.pictures.flatMap(({ candidates }) => candidates.map(({ media }) => media ?? "all")))];
  const shown = ours.pictures.map(() => new Set<string>());
  for (const page of windows) {
    await page.goto(url);
    const theirs = await page.evaluate((medias) => ({
      encoding: document.characterSet,
      pictures: Array.from(document.images, (image) => {
        const isThere = (image.getAttribute("src") ?? "").trim() !== "" && URL.canParse(image.src);
        return { src: isThere ? image.src : null, alt: image.getAttribute("alt"), chosen: image.currentSrc };
      }),
      medias: medias.filter((media) => matchMedia(media).matches),
    }), medias);
    expect(ours.pictures.map(({ src, alt }) => ({ src, alt }))).toEqual(theirs.pictures.map(({ src, alt }) => ({ src, alt })));
    // Where nothing says it and nothing depends on it we call it UTF-8, and browsers Western.
    if (hasForeignCharacters) expect(ours.encoding).toBe(theirs.encoding);
    theirs.pictures.forEach(({ chosen }, index) => {
      if (chosen === "" || !URL.canParse(chosen)) return;
      shown[index]!.add(bare(chosen));
      const possible = ours.pictures[index]!.candidates.filter(
        (candidate) => !isLate(candidate) && theirs.medias.includes(candidate.media ?? "all"),
      );
      expect(possible.map(({ url }) => bare(url)), `picture ${index}`).toContain(bare(chosen));
    });
  }
  ours.pictures.forEach(({ first, candidates }, index) => {
    if (first === null || shown[index]!.size === 0) return;
    const late = candidates.filter(isLate).map(({ url }) => bare(url));
    expect([...shown[index]!, ...late], `picture ${index}, first`).toContain(bare(first));
  });
  return ours.pictures.length;
}

for (const { name, body, type } of HANDMADE) {
  test(`a hand-made page: ${name}`, async ({ windows, origin }) => {
    await compare(windows, origin, put(origin, "/dir/page.html", body, type), body);
  });
}

for (const name of PACKAGES) {
  const folder = join(MODULES, name);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"));
  test(`the ${files.length} pages of ${name}`, async ({ windows, origin }) => {
    test.setTimeout(600_000);
    expect(files.length).toBeGreaterThan(20);
    let pictures = 0;
    for (const file of files) {
      await test.step(file, async () => {
        const body = await readFile(join(folder, file));
        pictures += await compare(windows, origin, put(origin, `/${name}/${file}`, body), body);
      });
    }
    expect(pictures).toBeGreaterThan(200);
  });
}

test("the smallest and the largest of a srcset are the browser's", async ({ browser, origin }) => {
  const size = ({ width, density }: Candidate) => width ?? density!;
  for (const [index, srcset] of SRCSETS.entries()) {
    await test.step(srcset, async () => {
      // A page each, with addresses of its own: a browser that has a larger copy already may show that instead.
      const chosen = async (sizes: string, deviceScaleFactor: number) => {
        const markup = `<img sizes="${sizes}" srcset="${srcset}">`;
        const url = put(origin, `/${index}/${sizes}.html`, markup, "text/html; charset=utf-8");
        const page = await open({ width: 800, height: 600, deviceScaleFactor }, browser);
        await page.goto(url);
        const theirs = await page.evaluate(() => document.images[0]!.currentSrc);
        await page.close();
        return { url, theirs };
      };
      const { url, theirs: dense } = await chosen("1000000px", 9);
      const { candidates } = (await listed(origin, url)).pictures[0]!;
      const largest = candidates.reduce((best, next) => (size(next) > size(best) ? next : best));
      expect(largest.url, "the largest").toBe(dense);
      // A density below the screen's is passed over for a larger one, so the smallest shows itself by widths only.
      if (candidates.some(({ width }) => width === null)) return;
      const { theirs: sparse } = await chosen("1px", 1);
      const smallest = candidates.reduce((best, next) => (size(next) < size(best) ? next : best));
      expect(smallest.url, "the smallest").toBe(sparse);
    });
  }
});
