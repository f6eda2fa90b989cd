// A visitor of any page that carries the overlay: the whole job in four verbs, for suites of other sites.
import { expect, type Locator, type Page } from "@playwright/test";

import { DWELL_MS } from "./gallery.ts";
import { type Box, type Handle, Overlay } from "./overlay.ts";

/** What a visitor writes and chooses. */
export interface Words {
  description?: string;
  alt?: string;
  /** The names of targets, as they are shown; those that are chosen already stay so. */
  targets?: string[];
}

export class Visitor {
  readonly overlay: Overlay;

  constructor(readonly page: Page) {
    this.overlay = new Overlay(page);
  }

  /** Opens a page whose time passes only when this visitor rests. */
  async open(url: string): Promise<void> {
    await this.page.clock.install();
    await this.page.goto(url);
  }

  /** Rests the pointer on a picture until the overlay opens on it; so long as the site's dwell takes. */
  async dwell(picture: Locator, milliseconds = DWELL_MS): Promise<void> {
    await expect(picture).toHaveJSProperty("complete", true);
    await picture.hover();
    await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", "");
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
    const corner = ["Left %", "Top %"] as const;
    // From the corner outwards, or what is there would not let it grow.
    const steps: [string, number][] = [[corner[0], 0], [corner[1], 0], ["Width %", width], ["Height %", height], [corner[0], x], [corner[1], y]];
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
