// A visitor of any page that carries the overlay: the whole job in four verbs, for suites of other sites.
import { expect, type Locator, type Page } from "@playwright/test";

import { DWELL_MS } from "./gallery.ts";
import { type Box, boxOf, type Handle, movePointer, Overlay } from "./overlay.ts";
import { type Language, WORDING } from "./wording.ts";

/** Under this name a page remembers that the script of one tag has its overlay listening. */
const READY = "cutline-testing";

/** Where on a picture the pointer rests, try after try, in fractions of what is seen of it: each so far from the last that it has moved. */
const PLACES = [0.5, 0.4, 0.6, 0.3, 0.7];

/** The point at this fraction of what the window shows of a picture, in CSS pixels. */
function seenPlace(picture: Element, part: number): { x: number; y: number } {
  const { left, right, top, bottom } = picture.getBoundingClientRect();
  const between = (start: number, end: number, most: number) => Math.max(start, 0) + (Math.min(end, most) - Math.max(start, 0)) * part;
  return { x: between(left, right, innerWidth), y: between(top, bottom, innerHeight) };
}

/** What a visitor writes and chooses. */
export interface Words {
  description?: string;
  alt?: string;
  /** The names of targets, as they are shown; those that are chosen already stay so. */
  targets?: string[];
}

export class Visitor {
  readonly overlay: Overlay;

  /** In a browser where the overlay speaks this language, English by default. */
  constructor(
    readonly page: Page,
    language: Language = "en",
  ) {
    this.overlay = new Overlay(page, WORDING[language]);
  }

  /** Opens a page, of a site of Cutline's own or with the script of one tag, waits until it looks out for visitors who want to share, and
   * stops its clock: time passes only when this visitor rests. */
  async open(url: string): Promise<void> {
    await this.page.addInitScript((name) => document.addEventListener("cutline:ready", () => ((window as unknown as Record<symbol, boolean>)[Symbol.for(name)] = true)), READY);
    await this.page.clock.install();
    await this.page.goto(url);
    await this.page.waitForFunction(() => "cutline" in window || document.querySelector("html:is([data-awaits-intent], [data-hydrated])") !== null);
    await this.page.clock.pauseAt((await this.page.evaluate(() => Date.now())) + 1_000);
  }

  /** Rests the pointer on a picture until the overlay opens on that one; so long as the site's dwell takes. */
  async dwell(picture: Locator, milliseconds = DWELL_MS): Promise<void> {
    // A page may put it in, or load it, by timers of its own.
    await expect(async () => {
      await this.page.clock.runFor(100);
      await picture.scrollIntoViewIfNeeded({ timeout: 500 });
      await expect(picture).toHaveJSProperty("complete", true, { timeout: 500 });
    }).toPass({ timeout: 60_000 });
    const { dialog } = this.overlay;
    let tries = 0;
    await expect(async () => {
      // What scrolling has brought under the pointer opens only when that has gone on; what was closed, when it has left.
      if (tries > 0) await movePointer(this.page, 1, 1);
      const place = await picture.evaluate(seenPlace, PLACES[tries++ % PLACES.length]!);
      await movePointer(this.page, place.x, place.y);
      await this.page.waitForFunction((name) => document.documentElement.hasAttribute("data-hydrated") || Symbol.for(name) in window, READY);
      await this.page.clock.runFor(milliseconds);
      await expect(dialog).toBeVisible({ timeout: 500 });
      // Not that of a picture that it was opened on before.
      const box = await boxOf(dialog);
      expect(place.x > box.x && place.x < box.x + box.width && place.y > box.y && place.y < box.y + box.height, "the overlay is on another picture").toBe(true);
      const alt = (await picture.getAttribute("alt"))?.trim() ?? "";
      if (alt !== "") expect(await dialog.getAttribute("aria-label")).toContain(alt);
    }).toPass({ timeout: 60_000 });
  }

  /** Drags one of the eight handles by so many CSS pixels. */
  async dragHandle(handle: Handle, dx: number, dy: number): Promise<void> {
    await this.overlay.dragHandle(handle, dx, dy);
  }

  /** Selects a part by its numbers, in fractions of the picture. */
  async selectRegion({ x, y, width, height }: Box): Promise<void> {
    const tools = this.overlay.dialog.locator("details");
    if ((await tools.getAttribute("open")) === null) await this.overlay.openTools();
    const { wording } = this.overlay;
    // From the corner outwards, or what is there would not let it grow.
    const steps: [string, number][] = [[wording.left, 0], [wording.top, 0], [wording.width, width], [wording.height, height], [wording.left, x], [wording.top, y]];
    for (const [label, fraction] of steps) {
      const field = this.overlay.number(label);
      await field.fill(String(fraction * 100));
      await field.press("Enter");
    }
  }

  /** Writes, chooses and shares; answers the address of the share page. */
  async share({ description, alt, targets = [] }: Words = {}): Promise<string> {
    if (description !== undefined) await this.overlay.description.fill(description);
    if (alt !== undefined) await this.overlay.alt.fill(alt);
    for (const target of targets) await this.overlay.target(target).check();
    await this.overlay.share.click();
    return (await (await this.overlay.receipt()).getAttribute("href"))!;
  }
}
