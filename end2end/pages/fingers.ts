// What fingers and a pen do, as the browser hears of it from the screen: unlike dispatched events fingers scroll, too.
import { setTimeout } from "node:timers/promises";

import type { CDPSession, Page } from "@playwright/test";

/** A point of the window, in CSS pixels. */
export interface Place {
  x: number;
  y: number;
}

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

/** One finger goes down at `still` and stays there; the other goes down at `from`, moves to `to` in five steps, and
 * both go up. What `meanwhile` does is done before that. */
export async function second(finger: CDPSession, still: Place, from: Place, to: Place, meanwhile?: () => Promise<void>): Promise<void> {
  const put = (type: "touchStart" | "touchMove" | "touchEnd", ...places: Place[]) =>
    finger.send("Input.dispatchTouchEvent", { type, touchPoints: places.map(({ x, y }, id) => ({ x, y, id })) });
  await put("touchStart", still);
  await put("touchStart", still, from);
  for (let step = 1; step <= 5; step++) {
    await put("touchMove", still, { x: from.x + ((to.x - from.x) * step) / 5, y: from.y + ((to.y - from.y) * step) / 5 });
  }
  await meanwhile?.();
  await put("touchEnd");
}

/** A pen that comes near, goes down at `from`, moves to `to`, and goes up. */
export async function stroke(pen: CDPSession, from: Place, to: Place): Promise<void> {
  const put = (type: "mouseMoved" | "mousePressed" | "mouseReleased", { x, y }: Place, buttons: number) =>
    pen.send("Input.dispatchMouseEvent", { type, x, y, pointerType: "pen", button: type === "mouseMoved" ? "none" : "left", buttons, clickCount: type === "mouseMoved" ? 0 : 1 });
  await put("mouseMoved", from, 0);
  await put("mousePressed", from, 1);
  await put("mouseMoved", { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }, 1);
  await put("mouseMoved", to, 1);
  await put("mouseReleased", to, 0);
}
