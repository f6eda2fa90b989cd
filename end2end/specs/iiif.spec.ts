// A viewer of large pictures, OpenSeadragon, on a page of another site: it asks for the information document, then for
// the tiles, and draws them on a canvas that it may read.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/test.ts";
import { decode, difference, part, type Pixels } from "../fixtures/pixels.ts";

const NUTHATCH = fileURLToPath(new URL("../../public/demo/nuthatch.png", import.meta.url));
const OPENSEADRAGON = fileURLToPath(
  new URL("../node_modules/openseadragon/build/openseadragon/openseadragon.min.js", import.meta.url),
);

/** What is on the viewer's canvas, once all is loaded. */
interface Shown {
  width: number;
  height: number;
  base64: string;
}

test("a viewer on another site shows a picture from its tiles, each pixel in its place", async ({ page, cutline, origin }) => {
  const picture = `${cutline.url}/iiif/3/demo:nuthatch.png`;
  origin.put("/openseadragon.js", await readFile(OPENSEADRAGON));
  origin.put(
    "/viewer.html",
    `<!DOCTYPE html><link rel="icon" href="data:,"><div id="viewer" style="width: 800px; height: 600px"></div>
     <script src="/openseadragon.js"></script>`,
  );
  const answers: { url: string; status: number }[] = [];
  page.on("response", (answer) => {
    if (answer.url().startsWith(`${cutline.url}/iiif/`)) answers.push({ url: answer.url(), status: answer.status() });
  });
  await page.goto(`${origin.url}/viewer.html`);

  // One pixel of the picture on each of the canvas, the middle in the middle: columns 50 to 850 and all rows are seen.
  const shown = (await page.evaluate(async (tileSources) => {
    const OpenSeadragon = (globalThis as any).OpenSeadragon;
    const viewer = OpenSeadragon({
      id: "viewer",
      tileSources,
      drawer: "canvas",
      crossOriginPolicy: "Anonymous",
      showNavigationControl: false,
      animationTime: 0,
      blendTime: 0,
      maxZoomPixelRatio: 4,
    });
    await new Promise((resolve, reject) => {
      viewer.addOnceHandler("open", resolve);
      viewer.addOnceHandler("open-failed", ({ message }: { message: string }) => reject(new Error(message)));
    });
    const image = viewer.world.getItemAt(0);
    viewer.viewport.zoomTo(viewer.viewport.imageToViewportZoom(1), undefined, true);
    viewer.viewport.panTo(image.imageToViewportCoordinates(450, 300), true);
    viewer.forceRedraw();
    // Two frames: the new place asks for its own tiles.
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    if (!image.getFullyLoaded()) {
      await new Promise<void>((resolve) =>
        image.addHandler("fully-loaded-change", ({ fullyLoaded }: { fullyLoaded: boolean }) => {
          if (fullyLoaded) resolve();
        }),
      );
    }
    viewer.forceRedraw();
    await frame();
    await frame();
    const canvas: HTMLCanvasElement = viewer.drawer.canvas;
    const { data, width, height } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let text = "";
    for (let start = 0; start < data.length; start += 0x8000) {
      text += String.fromCharCode(...data.subarray(start, start + 0x8000));
    }
    return { width, height, base64: btoa(text) };
  }, `${picture}/info.json`)) as Shown;

  const seen: Pixels = { width: shown.width, height: shown.height, data: Buffer.from(shown.base64, "base64") };
  const original = await decode(page, await readFile(NUTHATCH), "image/png");
  expect([seen.width, seen.height]).toEqual([800, 600]);
  // What JPEG costs; a tile in the wrong place, or one that is missing, is far more.
  expect(difference(seen, part(original, 50, 0, 800, 600))).toBeLessThan(3);

  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  const tiles = answers.filter(({ url }) => url.endsWith(".jpg") || url.endsWith(".png"));
  for (const region of ["0,0,512,512", "512,0,388,512", "0,512,512,88", "512,512,388,88"]) {
    expect(tiles.map(({ url }) => url)).toContainEqual(expect.stringContaining(`${picture}/${region}/`));
  }
});
