// A visitor of any page that carries the overlay: the whole job in four verbs, for suites of other sites.
import { expect, type Locator, type Page } from "@playwright/test";

import { DWELL_MS } from "./gallery.ts";
import { type Box, type Handle, Overlay } from "./overlay.ts";
import { type Language, WORDING } from "./wording.ts";

/** Under this name a page remembers that the script of one tag has its overlay listening. */
const READY = "cutline-testing";

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

  /** Opens a page whose time passes only when this visitor rests, of a site of Cutline's own or with the script of one tag. */
  async open(url: string): Promise<void> {
    await this.page.addInitScript((name) => document.addEventListener("cutline:ready", () => ((window as unknown as Record<symbol, boolean>)[Symbol.for(name)] = true)), READY);
    await this.page.clock.install();
    await this.page.goto(url);
  }

  /** Rests the pointer on a picture until the overlay opens on it; so long as the site's dwell takes. */
  async dwell(picture: Locator, milliseconds = DWELL_MS): Promise<void> {
    await expect(picture).toHaveJSProperty("complete", true);
    await picture.hover();
    await this.page.waitForFunction((name) => document.documentElement.hasAttribute("data-hydrated") || Symbol.for(name) in window, READY);
    await expect(async () => {
      await this.page.clock.runFor(milliseconds);
      await expect(this.overlay.dialog).toBeVisible({ timeout: 500 });
    }).toPass();
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
