// What a finger does, as the browser hears of it from a touch screen: unlike dispatched events it scrolls, too.
import { setTimeout } from "node:timers/promises";

import type { CDPSession, Page } from "@playwright/test";

/** A finger on the page's screen. */
export async function fingerOn(page: Page): Promise<CDPSession> {
  return page.context().newCDPSession(page);
}

/** How long a finger rests before it goes up, in milliseconds: Chromium takes the tap after a quick one for the end of a fling. */
const REST = 120;

/** Goes down at a point, moves by so many CSS pixels in five steps, rests, and goes up again. */
export async function swipe(finger: CDPSession, x: number, y: number, dx: number, dy: number): Promise<void> {
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
  for (let step = 1; step <= 5; step++) {
    const touchPoints = [{ x: x + (dx * step) / 5, y: y + (dy * step) / 5 }];
    await finger.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints });
  }
  await setTimeout(REST);
  await finger.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: x + dx, y: y + dy }] });
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}
