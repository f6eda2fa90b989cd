// A gallery page: its pictures, and the two ways to the overlay.
import { expect, type Locator, type Page } from "@playwright/test";

import { boxOf, movePointer, Overlay } from "./overlay.ts";

/** What an unconfigured site waits for, in milliseconds. */
export const DWELL_MS = 600;

export class GalleryPage {
  readonly overlay: Overlay;

  constructor(readonly page: Page) {
    this.overlay = new Overlay(page);
  }

  /** Opens a page, waits until it looks out for visitors who want to share, and stops its clock: from then on time passes
   * only when a test says so. */
  async open(path = "/"): Promise<void> {
    const start = new Date("2026-01-01T12:00:00Z");
    await this.page.clock.install({ time: start });
    await this.page.goto(path);
    await expect(this.page.locator("html")).toHaveAttribute("data-awaits-intent", "");
    await this.page.clock.pauseAt(new Date(start.getTime() + 3_600_000));
  }

  /** The picture with this caption. */
  picture(title: string): Locator {
    return this.figure(title).locator("img");
  }

  /** The link under the picture that opens the overlay, or without script the form. */
  opener(title: string): Locator {
    return this.figure(title).getByRole("link", { name: "Share a part" });
  }

  /** Brings a picture into view and loads it. */
  async show(title: string): Promise<Locator> {
    const picture = this.picture(title);
    await picture.scrollIntoViewIfNeeded();
    await expect(picture).toHaveJSProperty("complete", true);
    return picture;
  }

  /** Rests the pointer on the middle of a picture for so many milliseconds of the page's clock. */
  async rest(picture: Locator, milliseconds: number): Promise<void> {
    const box = await boxOf(picture);
    await this.moveTo(box.x + box.width / 2, box.y + box.height / 2);
    await this.awake();
    await this.page.clock.runFor(milliseconds);
  }

  /** Waits until the overlay is loaded and listens; some sign must have asked for it. */
  async awake(): Promise<void> {
    await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", "");
    await expect(this.page.locator("html")).not.toHaveAttribute("data-awaits-intent");
  }

  /** Moves the pointer, and answers when the page has seen it there. */
  async moveTo(x: number, y: number): Promise<void> {
    await movePointer(this.page, x, y);
  }

  /** Dwells on the picture with this caption until the overlay is there. */
  async dwell(title: string): Promise<Overlay> {
    await this.rest(await this.show(title), DWELL_MS);
    await expect(this.overlay.dialog).toBeVisible();
    return this.overlay;
  }

  private figure(title: string): Locator {
    return this.page.getByRole("figure").filter({ has: this.page.getByText(title, { exact: true }) });
  }
}
