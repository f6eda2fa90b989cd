// Pictures laid out in the ways of the web, many at once, and the judge of where a point of the page lies on a picture:
// each pixel of a picture says by its colour which picture's it is and where it stands, so that a screenshot tells.
import type { Page } from "@playwright/test";
import { PNG } from "pngjs";

/** How many pictures stand on the page at once; their numbers are told apart by four bits (0 and 15 are black, white and
 * the colours of borders). */
export const CELLS = 12;
const COLUMNS = 4;
const CELL = 400;

/** The window that holds all cells. */
export const WINDOW = { width: COLUMNS * CELL, height: (CELLS / COLUMNS) * CELL };

/** Sizes of the pictures, below 1,024 so that a place takes ten bits. */
const SIZES: [number, number][] = [[640, 480], [480, 640], [1000, 400], [120, 90], [300, 300], [997, 613]];

/** One element in CSS, and whether it is the inner side of a shadow root. */
interface Wrapper {
  tag: "div" | "span" | "figure" | "shadow" | "slot";
  css: string;
  scroll?: [number, number];
}

export interface Layout {
  picture: number;
  css: string;
  /** From the outside in. */
  wrappers: Wrapper[];
  /** What the picture looks like when the overlay is opened, when it changes afterwards. */
  before?: string;
}

/** A point of a picture: in CSS pixels of the window, and which pixel of the original is painted there. The grain is how
 * many pixels of the original one of the screen covers. */
export interface Sight {
  x: number;
  y: number;
  column: { at: number; grain: number };
  row: { at: number; grain: number };
}

/** How long one pixel of layout is on the page, in CSS pixels: one on the picture's first axis, and one on its second. */
export interface Stretch {
  column: number;
  row: number;
}

/** What `layOut` leaves on the page. */
export interface LaidOut {
  laidOut: HTMLImageElement[];
  stretchOf: (picture: HTMLImageElement) => Stretch;
}

/** Numbers between 0 and 1 that are the same for the same seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A layout made by throwing dice for every axis; with `depth`, also turned out of the page's plane. */
export function throwLayout(roll: () => number, depth: boolean): Layout {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(roll() * choices.length)]!;
  const chance = (of: number) => roll() < of;
  const between = (low: number, high: number) => low + roll() * (high - low);
  const px = (low: number, high: number) => `${between(low, high).toFixed(pick([0, 2]))}px`;
  const origin = () => pick(["", "transform-origin: 0 0;", `transform-origin: ${px(-40, 200)} ${px(-40, 200)};`, "transform-origin: 100% 20%;"]);
  const turn = () => pick(depth ? [...turns, ...turnsInSpace] : turns)() + origin();
  const turns = [
    () => `transform: rotate(${between(-180, 180).toFixed(2)}deg);`,
    () => `transform: scale(${between(0.4, 1.6).toFixed(3)}, ${between(0.4, 1.6).toFixed(3)});`,
    () => `transform: skew(${between(-35, 35).toFixed(1)}deg, ${between(-20, 20).toFixed(1)}deg);`,
    () => `transform: matrix(${between(0.5, 1.2).toFixed(3)}, ${between(-0.6, 0.6).toFixed(3)}, ${between(-0.6, 0.6).toFixed(3)}, ${between(0.5, 1.2).toFixed(3)}, ${between(-20, 20).toFixed(1)}, ${between(-20, 20).toFixed(1)});`,
    () => "transform: scaleX(-1);",
    () => `transform: translate(${px(-30, 30)}, 10%) rotate(90deg);`,
    () => `rotate: ${between(-90, 90).toFixed(1)}deg;`,
    () => `scale: ${between(0.5, 1.4).toFixed(2)} ${between(0.5, 1.4).toFixed(2)}; rotate: ${between(-30, 30).toFixed(1)}deg;`,
    () => `translate: ${px(-20, 20)} ${px(-20, 20)};`,
  ];
  const turnsInSpace = [
    () => `transform: rotateX(${between(-60, 60).toFixed(1)}deg) rotateZ(${between(-60, 60).toFixed(1)}deg);`,
    () => `rotate: y ${between(-60, 60).toFixed(1)}deg;`,
  ];

  const looks = () => {
    const sized = pick([
      () => `width: ${px(120, 300)};`,
      () => `height: ${px(120, 260)};`,
      () => `width: ${px(120, 300)}; height: ${px(120, 260)};`,
      () => `width: ${px(120, 300)}; aspect-ratio: ${between(0.6, 1.8).toFixed(2)};`,
      () => `width: ${px(30, 80).replace("px", "%")}; min-width: 120px; height: auto;`,
      () => `width: ${px(120, 300)}; height: ${px(120, 260)}; box-sizing: border-box;`,
    ])();
    const fit = pick(["", "fill", "contain", "cover", "none", "scale-down"]);
    const position = pick([
      () => "",
      () => `object-position: ${px(-20, 60)} ${between(0, 100).toFixed(1)}%;`,
      () => "object-position: right 12px bottom 7px;",
      () => "object-position: 0 100%;",
    ])();
    // All forms that there are; browsers compute `inset` of them.
    const viewBox = pick([
      () => `inset(${between(0, 30).toFixed(1)}% ${px(0, 30)} ${between(0, 30).toFixed(1)}% ${px(-20, 30)})`,
      () => `xywh(${px(0, 30)} ${between(0, 30).toFixed(1)}% 60% 55%)`,
      () => `rect(${px(0, 20)} 90% auto 10%)`,
    ]);
    const frame = [
      chance(0.4) ? `padding: ${px(0, 14)} ${px(0, 14)} ${px(0, 14)} ${px(0, 14)};` : "",
      chance(0.4) ? `border: ${pick(["1px solid", "3px dashed", "7.5px double", "0 solid"])} red; border-left-width: ${px(0, 9)};` : "",
      chance(0.3) ? `border-radius: ${pick(["8px", "50%", "10px 40px", "20% / 40%"])};` : "",
      chance(0.2) ? `margin: ${px(-10, 30)};` : "",
      chance(0.15) ? `object-view-box: ${viewBox()};` : "",
    ].join("");
    return `max-width: none; ${sized} ${fit === "" ? "" : `object-fit: ${fit};`} ${position} ${frame}`;
  };

  const wrapper = (): Wrapper => {
    const scroll: [number, number] = [Math.floor(between(0, 60)), Math.floor(between(0, 60))];
    return pick<() => Wrapper>([
      () => ({ tag: "div", css: turn() }),
      () => ({ tag: "div", css: `zoom: ${between(0.5, 1.6).toFixed(2)};` }),
      () => ({ tag: "div", css: `overflow: auto; width: 320px; height: 300px; padding: ${px(0, 30)};`, scroll }),
      () => ({ tag: "div", css: "direction: rtl; width: 360px; overflow: auto;", scroll: [-scroll[0], scroll[1]] }),
      () => ({ tag: "span", css: `${turn()} position: relative;` }),
      () => ({ tag: "span", css: `display: inline-block; ${turn()}` }),
      () => ({ tag: "figure", css: `position: absolute; left: ${px(0, 60)}; top: ${px(0, 60)}; margin: 0;` }),
      () => ({ tag: "div", css: `position: sticky; top: ${px(0, 30)};` }),
      () => ({ tag: "div", css: `position: fixed; left: auto; ${chance(0.5) ? turn() : ""}` }),
      () => ({ tag: "div", css: `display: flex; justify-content: center; align-items: end; height: 300px; ${chance(0.3) ? turn() : ""}` }),
      () => ({ tag: "div", css: "display: contents; transform: rotate(40deg);" }),
      () => ({ tag: "div", css: depth ? `transform-style: preserve-3d; transform: rotateY(${between(-40, 40).toFixed(1)}deg);` : "float: right;" }),
      () => ({ tag: "div", css: "writing-mode: vertical-rl; height: 320px;" }),
      () => ({ tag: "shadow", css: chance(0.5) ? turn() : "" }),
      () => ({ tag: "slot", css: chance(0.5) ? turn() : `zoom: ${between(0.6, 1.4).toFixed(2)};` }),
    ])();
  };

  // Columns break what is in them, and a box that is broken and then transformed has no one place: only the picture itself,
  // which is never broken, stands in them.
  const columns: Wrapper = { tag: "div", css: "columns: 2; width: 380px; column-gap: 9px;" };
  const wrappers = [...Array.from({ length: Math.floor(roll() * 4) }, wrapper), ...(chance(0.06) ? [columns] : [])];
  const css = looks() + (chance(0.5) ? turn() : "");
  const changes = chance(0.15) ? { before: looks() + (chance(0.5) ? turn() : "") } : {};
  return { picture: Math.floor(roll() * SIZES.length), css, wrappers, ...changes };
}

/** Takes the page's own content away and stands one picture in each cell. `surroundings` is CSS for html and body. */
export async function layOut(page: Page, layouts: Layout[], surroundings: { html: string; body: string }): Promise<void> {
  await page.evaluate(
    async ({ layouts, surroundings, sizes, cell, columns }) => {
      // The island stays: it is the overlay.
      for (const element of document.querySelectorAll("body > :not(leptos-island):not(script), [popover]")) {
        if (element.querySelector("leptos-island") === null) element.remove();
        else for (const inner of element.querySelectorAll(":not(leptos-island, :has(leptos-island), leptos-island *)")) inner.remove();
      }
      document.documentElement.style.cssText = surroundings.html;
      document.body.style.cssText = `margin: 0; ${surroundings.body}`;
      const cached = ((window as unknown as { encoded?: Map<string, string> }).encoded ??= new Map<string, string>());
      const encoded = (number: number, size: [number, number]): string => {
        const key = `${number} ${size.join()}`;
        const address = cached.get(key) ?? encode(number, size);
        cached.set(key, address);
        return address;
      };
      const encode = (number: number, [width, height]: [number, number]) => {
        const canvas = document.createElement("canvas");
        Object.assign(canvas, { width, height });
        const context = canvas.getContext("2d")!;
        const pixels = context.createImageData(width, height);
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            const high = (column >> 8) | ((row >> 8) << 2) | ((number + 1) << 4);
            pixels.data.set([column & 255, row & 255, high, 255], (row * width + column) * 4);
          }
        }
        context.putImageData(pixels, 0, 0);
        return canvas.toDataURL();
      };
      const loaded = layouts.map(async (layout, number) => {
        const figure = document.createElement("div");
        const [left, top] = [(number % columns) * cell, Math.floor(number / columns) * cell];
        // `contain` makes it the block that fixed and absolute elements in it are placed in.
        figure.style.cssText = `position: absolute; left: ${left}px; top: ${top}px; width: ${cell}px; height: ${cell}px; overflow: hidden; contain: layout paint; background: #fff; direction: ltr; font-size: 16px;`;
        document.body.append(figure);
        const scrollers: [Element, [number, number]][] = [];
        let inside: Element | ShadowRoot = figure;
        for (const { tag, css, scroll } of layout.wrappers) {
          const element: HTMLElement = document.createElement(tag === "shadow" || tag === "slot" ? "div" : tag);
          element.style.cssText = css;
          inside.append(element);
          if (scroll !== undefined) scrollers.push([element, scroll]);
          if (tag === "shadow") {
            inside = element.attachShadow({ mode: "open" });
          } else if (tag === "slot") {
            element.style.cssText = "";
            const frame = document.createElement("div");
            frame.style.cssText = css;
            frame.append(document.createElement("slot"));
            element.attachShadow({ mode: "open" }).append(frame);
            inside = element;
          } else {
            inside = element;
          }
        }
        const picture = document.createElement("img");
        picture.src = encoded(number, sizes[layout.picture]!);
        // The picture has no address of its own, and in a shadow root no place in `document.images` either.
        picture.dataset["cutlineSource"] = `https://example.com/${number}.png`;
        picture.style.cssText = `${layout.css}; image-rendering: pixelated;`;
        inside.append(picture);
        // What makes a scrolled element scroll.
        for (const [element] of scrollers) {
          const filler = document.createElement("div");
          filler.style.cssText = "width: 600px; height: 600px;";
          element.append(filler);
        }
        await picture.decode();
        for (const [element, [x, y]] of scrollers) element.scrollTo(x, y);
        return picture;
      });
      // What its transforms and those around it, and their zoom, make of one pixel of layout, sideways and upright, on the page.
      const stretchOf = (picture: HTMLImageElement): Stretch => {
        const turn = (rotate: string) => {
          const parts = rotate.split(" ");
          const named = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] }[parts.length === 2 ? parts[0]! : "z"];
          const [x, y, z] = parts.length === 4 ? parts.map(Number) : named!;
          return rotate === "none" ? new DOMMatrix() : new DOMMatrix().rotateAxisAngle(x, y, z, parseFloat(parts.at(-1)!));
        };
        const scaled = (scale: string) => {
          const [x, y] = scale.split(" ").map(Number);
          return scale === "none" ? new DOMMatrix() : new DOMMatrix().scale(x, y ?? x);
        };
        let all = new DOMMatrix();
        for (let element: Element | null = picture; element !== null; ) {
          const style = getComputedStyle(element);
          const isBox = element === picture || !["inline", "contents"].includes(style.display);
          if (isBox && element !== picture && style.transformStyle !== "preserve-3d") all = new DOMMatrix([all.a, all.b, all.c, all.d, all.e, all.f]);
          if (isBox) all = turn(style.rotate).multiply(scaled(style.scale)).multiply(new DOMMatrix(style.transform)).multiply(all);
          const root: ParentNode | null = element.parentNode;
          element = element.assignedSlot ?? (root instanceof ShadowRoot ? root.host : element.parentElement);
        }
        const { currentCSSZoom: zoom = 1 } = picture as { currentCSSZoom?: number };
        return { column: Math.hypot(all.a, all.b) * zoom, row: Math.hypot(all.c, all.d) * zoom };
      };
      Object.assign(window, { laidOut: await Promise.all(loaded), stretchOf });
    },
    { layouts, surroundings, sizes: SIZES, cell: CELL, columns: COLUMNS },
  );
}

/** Two points of each cell's picture, far enough apart to be a selection, as a screenshot shows them; none where the
 * picture cannot be seen well enough. */
export async function look(page: Page, roll: () => number): Promise<([Sight, Sight] | undefined)[]> {
  const shot = PNG.sync.read(await page.screenshot({ scale: "device", animations: "disabled" }));
  const ratio = shot.width / WINDOW.width;
  const at = (x: number, y: number, number: number): [number, number] | undefined => {
    const index = (y * shot.width + x) * 4;
    const [red, green, high] = [shot.data[index]!, shot.data[index + 1]!, shot.data[index + 2]!];
    return high >> 4 === number + 1 ? [red | ((high & 3) << 8), green | (((high >> 2) & 3) << 8)] : undefined;
  };
  return Array.from({ length: CELLS }, (_, number) => {
    const [left, top] = [(number % COLUMNS) * CELL, Math.floor(number / COLUMNS) * CELL];
    const sights: Sight[] = [];
    for (let attempt = 0; attempt < 1500 && sights.length < 2; attempt++) {
      const x = Math.floor((left + 2 + roll() * (CELL - 4)) * ratio);
      const y = Math.floor((top + 2 + roll() * (CELL - 4)) * ratio);
      const here = at(x, y, number);
      if (here === undefined) continue;
      // Its neighbours must be of the same picture and lie as far from it on either side: no blurred edge, no chance hit.
      const around = [[1, 0], [0, 1]].map(([dx, dy]) => [at(x + dx!, y + dy!, number), at(x - dx!, y - dy!, number)]);
      const even = around.every(([after, before]) =>
        after !== undefined && before !== undefined && [0, 1].every((axis) => Math.abs(after[axis]! + before[axis]! - 2 * here[axis]!) <= 2));
      if (!even) continue;
      const place = (axis: 0 | 1) => ({
        at: here[axis],
        grain: around.reduce((sum, [after, before]) => sum + Math.abs(after![axis]! - before![axis]!) / 2, 0),
      });
      const sight = { x: (x + 0.5) / ratio, y: (y + 0.5) / ratio, column: place(0), row: place(1) };
      const [first] = sights;
      const near = (axis: "column" | "row") => first !== undefined && Math.abs(first[axis].at - sight[axis].at) < 12;
      // Nearer than a press may slip, it would be no drawing.
      const slips = first !== undefined && Math.hypot(first.x - sight.x, first.y - sight.y) < 10;
      if (near("column") || near("row") || slips) continue;
      sights.push(sight);
    }
    return sights.length === 2 ? [sights[0]!, sights[1]!] : undefined;
  });
}
