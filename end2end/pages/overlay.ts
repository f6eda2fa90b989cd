// The selection overlay as a visitor handles it. Its verbs are a visitor's: dwell, drag, describe, choose, share.
import { expect, type Locator, type Page } from "@playwright/test";

import { type Handle, WORDING, type Wording } from "./wording.ts";

export type { Handle } from "./wording.ts";

/** The eight grips by the side they stand on, in English. */
export const HANDLES = WORDING.en.handles;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Overlay {
  readonly dialog: Locator;
  readonly selection: Locator;
  readonly description: Locator;
  readonly alt: Locator;
  readonly share: Locator;
  readonly close: Locator;
  /** What folds a docked panel, and unfolds it. */
  readonly fold: Locator;
  readonly spoken: Locator;
  readonly problem: Locator;
  readonly size: Locator;
  readonly loupe: Locator;

  /** On a page where the overlay speaks English, or in other words. */
  constructor(
    readonly page: Page,
    readonly wording: Wording = WORDING.en,
  ) {
    // Banners and lightboxes of the page are dialogs too.
    this.dialog = page.getByRole("dialog").and(page.locator("[data-region]"));
    this.selection = this.dialog.getByRole("group", { name: wording.selection });
    this.description = this.dialog.getByLabel(wording.description);
    this.alt = this.dialog.getByLabel(wording.alt);
    this.share = this.dialog.getByRole("button", { name: wording.share, exact: true });
    this.close = this.dialog.getByRole("button", { name: wording.close });
    this.fold = this.dialog.getByRole("button", { name: wording.details });
    this.spoken = this.dialog.locator(".selection-overlay__spoken");
    this.problem = this.dialog.getByRole("alert");
    this.size = this.dialog.locator(".selection-overlay__size");
    this.loupe = this.dialog.locator(".selection-overlay__loupe");
  }

  handle(handle: Handle): Locator {
    return this.dialog.getByRole(handle.includes("-") ? "button" : "slider", { name: this.wording.handles[handle] });
  }

  target(name: string): Locator {
    return this.dialog.getByRole("checkbox", { name });
  }

  /** Unfolds what adjusts the selection without dragging. */
  async openTools(): Promise<void> {
    await this.dialog.getByText(this.wording.tools).click();
    await expect(this.dialog.getByRole("button", { name: this.wording.undo })).toBeVisible();
  }

  /** One of the four numbers, as it is labelled: "Left %", "Width px". */
  number(label: string): Locator {
    return this.dialog.getByLabel(label, { exact: true });
  }

  /** What is selected, in fractions of the picture. */
  async region(): Promise<Box> {
    const fragment = (await this.dialog.getAttribute("data-region"))!;
    const [x, y, width, height] = fragment.replace("xywh=percent:", "").split(",").map((part) => Number(part) / 100);
    return { x: x!, y: y!, width: width!, height: height! };
  }

  /** Drags a handle by so many CSS pixels, in several steps as a hand does. */
  async dragHandle(handle: Handle, dx: number, dy: number): Promise<void> {
    const box = await boxOf(this.handle(handle));
    await this.drag(box.x + box.width / 2, box.y + box.height / 2, dx, dy);
  }

  /** Takes the selection at its middle and moves it. */
  async moveSelection(dx: number, dy: number): Promise<void> {
    const box = await boxOf(this.selection);
    await this.drag(box.x + box.width / 2, box.y + box.height / 2, dx, dy);
  }

  /** Presses at a point, moves by so many CSS pixels, lets go. */
  async drag(x: number, y: number, dx: number, dy: number): Promise<void> {
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + dx / 2, y + dy / 2);
    await this.page.mouse.move(x + dx, y + dy);
    await this.page.mouse.up();
  }

  /** Where the selection stands, in CSS pixels of the window. */
  async box(): Promise<Box> {
    return boxOf(this.selection);
  }

  /** The share page's link, once the share is accepted. */
  async receipt(): Promise<Locator> {
    const link = this.dialog.getByRole("link", { name: this.wording.sharePage });
    await expect(link).toBeVisible();
    return link;
  }

  /** Waits until the part that was shared is seen in the receipt. */
  async clipping(): Promise<void> {
    await this.dialog.locator(".share-outcome__clipping").evaluate((picture: HTMLImageElement) => picture.decode());
  }

  /** The line of a target in the receipt. */
  delivery(name: string): Locator {
    return this.dialog.getByRole("listitem").filter({ hasText: name });
  }
}

/** Moves the pointer in steps, and answers when the page has seen it there: browsers hold moves back until the next frame. */
export async function movePointer(page: Page, x: number, y: number): Promise<void> {
  const seen = page.evaluate(
    ([x, y]) =>
      new Promise<void>((resolve) => {
        const look = (event: PointerEvent) => {
          if (Math.abs(event.clientX - x) > 1 || Math.abs(event.clientY - y) > 1) return;
          removeEventListener("pointermove", look, true);
          resolve();
        };
        addEventListener("pointermove", look, true);
      }),
    [x, y] as const,
  );
  await page.mouse.move(x, y, { steps: 3 });
  await seen;
}

/** An element's place; it must be there. */
export async function boxOf(element: Locator): Promise<Box> {
  await expect(element).toBeVisible();
  return (await element.boundingBox())!;
}
