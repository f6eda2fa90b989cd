// A picture that says by its colours where one is on it, in the place of one of the gallery's: red grows to the right, green
// downwards.
import type { Locator, Page } from "@playwright/test";

import { decode } from "../fixtures/pixels.ts";

/** Its size, on the page too. */
export const SIZE = { width: 400, height: 300 };

interface Point {
  x: number;
  y: number;
}

/** Puts it in the place of `picture`, with `style`, in the middle of the window. */
export async function encode(picture: Locator, style: string): Promise<void> {
  await picture.evaluate(
    async (element, { style, width, height }) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d")!;
      const data = context.createImageData(width, height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) data.data.set([(x / width) * 255, (y / height) * 255, 0, 255], (y * width + x) * 4);
      }
      context.putImageData(data, 0, 0);
      const image = element as HTMLImageElement;
      for (const name of ["srcset", "sizes", "data-cutline-source", "data-cutline-width", "data-cutline-height"]) image.removeAttribute(name);
      image.setAttribute("width", String(width));
      image.setAttribute("height", String(height));
      image.style.cssText = `width: ${width}px; height: ${height}px; max-width: none; border-radius: 0; ${style}`;
      image.src = canvas.toDataURL();
      await image.decode();
      image.scrollIntoView({ block: "center" });
    },
    { style, ...SIZE },
  );
}

/** Where on the picture, in fractions of it, is what the window shows at these points. */
export async function seen(page: Page, points: Point[]): Promise<Point[]> {
  const { data, width } = await decode(page, await page.screenshot(), "image/png");
  return points.map(({ x, y }) => {
    const at = (Math.round(y) * width + Math.round(x)) * 4;
    return { x: data[at]! / 255, y: data[at + 1]! / 255 };
  });
}
