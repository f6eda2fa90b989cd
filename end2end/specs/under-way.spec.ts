// A share that is on its way while its overlay closes, or while its picture goes: it is sent once, and its end reaches the visitor.
// The server's answer is held back until a test lets it go.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import type { Page, Route } from "@playwright/test";

import { expect, test } from "../fixtures/embed.ts";
import { take } from "../fixtures/screenshots.ts";
import { boxOf, type Overlay } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const PICTURE = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">';
const WORDS = "On its way";

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

/** Holds back what the page sends: how often it did, and what lets the answers go. */
async function held(page: Page, host: string, answer: (route: Route) => Promise<unknown> = (route) => route.continue()) {
  const sent: Route[] = [];
  const gate = closedGate();
  await page.route(`${host}/api/v1/shares`, async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    sent.push(route);
    await gate.opened;
    await answer(route);
  });
  const isSent = (times = 1) => expect.poll(() => sent.length).toBe(times);
  return { sent, isSent, letGo: gate.open };
}

/** What waits for `opened` goes on when `open` is called. */
function closedGate() {
  let resolve = () => {};
  const opened = new Promise<void>((done) => (resolve = done));
  return { opened, open: () => resolve() };
}

const sharing = (overlay: Overlay) => overlay.dialog.getByRole("button", { name: "Sharing…" });

/** Closes the overlay and takes the pointer away. */
async function leave(page: Page, overlay: Overlay) {
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await page.mouse.move(2, 700);
}

test("closed while it is sent and opened again, it says that it is sent, then what came of it, and is one share", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const { sent, isSent, letGo } = await held(page, cutline.url);
  const picture = page.locator("#picture");
  const overlay = await foreign.dwell(picture);
  await overlay.dragHandle("east", 30, 0);
  const region = await overlay.region();
  await overlay.description.fill(WORDS);
  await overlay.share.click();
  await isSent();
  await leave(page, overlay);

  await foreign.dwell(picture);
  await expect(sharing(overlay)).toBeVisible();
  await page.clock.runFor(300);
  await expect(overlay.spoken).toHaveText("Sharing…");
  await expect(overlay.description).toHaveValue(WORDS);
  expect(await overlay.region()).toEqual(region);
  await sharing(overlay).press("Enter");
  // It stays until its end is told, wherever the pointer is.
  await page.mouse.move(2, 700);
  await page.clock.runFor(5_000);
  letGo();
  await overlay.receipt();
  await expect(overlay.delivery("Board")).toContainText("posted");
  expect(sent).toHaveLength(1);
  await leave(page, overlay);
  await foreign.dwell(picture);
  await expect(overlay.description).toHaveValue("");
});

test("what was shared after its overlay was closed is told when the picture is opened again, and moves no focus", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: `${PICTURE}<img id="other" src="/forest-stream.webp" alt="Another" width="300"><textarea id="own"></textarea>` });
  await foreign.open(site.url);
  await page.evaluate(() => document.addEventListener("cutline:shared", ({ target }) => (document.title = (target as Element).id)));
  const { isSent, letGo } = await held(page, cutline.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill(WORDS);
  await overlay.share.click();
  await isSent();
  await leave(page, overlay);
  await foreign.dwell(page.locator("#other"));
  await expect(overlay.share).toBeVisible();
  letGo();
  // Of the picture that it is of, and not of the one that is open.
  await expect(page).toHaveTitle("picture");
  await expect(overlay.share).toBeVisible();
  await leave(page, overlay);

  await page.locator("#own").focus();
  await foreign.dwell(page.locator("#picture"));
  await overlay.receipt();
  await expect(page.locator("#own")).toBeFocused();
  await page.clock.runFor(300);
  await expect(overlay.spoken).toHaveText("Shared. Board: posted.");
  await page.mouse.move(2, 700);
  await page.clock.runFor(5_000);
  await overlay.receipt();
  await page.keyboard.press("Escape");
  await foreign.dwell(page.locator("#picture"));
  await expect(overlay.description).toHaveValue("");
});

test("by keyboard, what came of it gets the focus when the picture is opened again", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: `<cutline-picture>${PICTURE}</cutline-picture>` });
  await foreign.open(site.url);
  const { isSent, letGo } = await held(page, cutline.url);
  const opener = page.getByRole("button", { name: "Share a part" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const { overlay } = foreign;
  await expect(overlay.selection).toBeFocused();
  await overlay.description.fill(WORDS);
  await overlay.share.press("Enter");
  await isSent();
  await page.keyboard.press("Escape");
  await expect(opener).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(sharing(overlay)).toBeFocused();
  await page.keyboard.press("Escape");
  const answered = page.waitForResponse(`${cutline.url}/api/v1/shares`);
  letGo();
  await answered;
  await expect(async () => {
    await page.keyboard.press("Enter");
    await expect(await overlay.receipt()).toBeFocused({ timeout: 500 });
  }).toPass();
});

test("an answer that was lost while the overlay was closed is told, and sent again it is the same share", async ({ page, site, foreign, cutline, complaints }) => {
  complaints.expect(/ERR_FAILED|Failed to fetch/);
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const made: string[] = [];
  const { isSent, letGo } = await held(page, cutline.url, async (route) => {
    const answer = await route.fetch();
    made.push(((await answer.json()) as { id: string }).id);
    return made.length === 1 ? route.abort() : route.fulfill({ response: answer });
  });
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.dragHandle("east", 30, 0);
  await overlay.description.fill(WORDS);
  await overlay.share.click();
  await isSent();
  await leave(page, overlay);
  const lost = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/api/v1/shares"));
  letGo();
  await lost;
  // The page goes on meanwhile; what the visitor chose is the same.
  await page.evaluate(() => {
    document.body.prepend(new Image());
    history.pushState(null, "", "/?page=2");
  });

  await foreign.dwell(page.locator("#picture"));
  await expect(overlay.problem).toContainText("cannot be reached");
  await expect(overlay.description).toHaveValue(WORDS);
  await overlay.share.click();
  await overlay.receipt();
  expect(made).toHaveLength(2);
  expect(made[1]).toBe(made[0]);
});

test("what is shared in a window of the server's own is told to the page, and on the picture, though the overlay was closed", async ({ page, site, foreign }) => {
  site.put("/", { body: `${PICTURE}<img id="other" src="/forest-stream.webp" alt="Another" width="300">` });
  await foreign.open(site.url);
  await page.evaluate(() =>
    document.addEventListener("cutline:shared", ({ target, detail }: CustomEventInit<{ id: string }> & Event) => {
      document.title = `${(target as Element).id} ${detail!.id}`;
    }),
  );
  const { overlay } = foreign;
  /** Opens the window from the overlay of a picture, which is closed then. */
  const goElsewhere = async () => {
    await foreign.dwell(page.locator("#picture"));
    const opened = page.context().waitForEvent("page");
    await overlay.dialog.getByRole("link", { name: "Share elsewhere…" }).click();
    const popup = await opened;
    await expect(popup.getByRole("button", { name: "Share", exact: true })).toBeVisible();
    await leave(page, overlay);
    return popup;
  };
  const shareIn = async (popup: Page) => {
    await popup.getByLabel("Description").fill(WORDS);
    await popup.getByRole("button", { name: "Share", exact: true }).click();
    await expect(popup).toHaveURL(/\/s\//);
    return new URL(popup.url()).pathname.split("/").at(-1)!;
  };
  const popup = await goElsewhere();
  await foreign.dwell(page.locator("#other"));
  const id = await shareIn(popup);
  await expect(page).toHaveTitle(`picture ${id}`);
  // It is not of the picture that is open.
  await expect(overlay.share).toBeVisible();
  await leave(page, overlay);
  await foreign.dwell(page.locator("#picture"));
  await expect(await overlay.receipt()).toHaveAttribute("href", new RegExp(id));
  await expect(overlay.delivery("Board")).toContainText("posted");
  await leave(page, overlay);

  // Two windows, each told of.
  const [first, second] = [await goElsewhere(), await goElsewhere()];
  await page.mouse.move(2, 700);
  await foreign.dwell(page.locator("#picture"));
  const shared = await shareIn(first);
  await expect(page).toHaveTitle(`picture ${shared}`);
  await expect(await overlay.receipt()).toHaveAttribute("href", new RegExp(shared));
  await leave(page, overlay);
  await expect(page).toHaveTitle(`picture ${shared}`);
  const last = await shareIn(second);
  await expect(page).toHaveTitle(`picture ${last}`);
});

test("a picture that is taken away while it is sent leaves the panel to tell the end, in sight", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: `<div style="height: 900px"></div>${PICTURE}` });
  await foreign.open(site.url);
  const { isSent, letGo } = await held(page, cutline.url);
  const picture = page.locator("#picture");
  const overlay = await foreign.dwell(picture);
  await overlay.share.click();
  await isSent();
  await page.evaluate(() => document.body.replaceChildren("Another page"));
  await page.clock.runFor(100);
  await expect(sharing(overlay)).toBeInViewport();
  await expect(overlay.selection).toBeHidden();
  letGo();
  await expect(await overlay.receipt()).toBeInViewport();
  await overlay.close.click();
  await expect(overlay.dialog).toHaveCount(0);
});

test("where the overlay goes with a lightbox, the end is told on the picture that is made anew", async ({ page, site, foreign, cutline }) => {
  const lightbox = `<div id="lightbox" role="dialog" aria-modal="true" aria-label="A lightbox">${PICTURE}</div>`;
  site.put("/", { body: `${lightbox}<img id="other" src="/forest-stream.webp" alt="Another" width="300">` });
  await foreign.open(site.url);
  const { sent, isSent, letGo } = await held(page, cutline.url);
  const { overlay } = foreign;
  await foreign.rest(page.locator("#picture"));
  await overlay.description.fill(WORDS);
  await overlay.share.click();
  await isSent();
  await page.evaluate(() => document.querySelector("#lightbox")!.remove());
  await page.clock.runFor(100);
  await expect(overlay.share).toHaveCount(0);
  // It is not in the way of others.
  await foreign.dwell(page.locator("#other"));
  await expect(overlay.description).toHaveValue("");
  await leave(page, overlay);
  await page.evaluate((lightbox) => document.body.insertAdjacentHTML("afterbegin", lightbox), lightbox);
  await expect(page.locator("#picture")).toHaveJSProperty("complete", true);
  await foreign.rest(page.locator("#picture"));
  await expect(sharing(overlay)).toBeVisible();
  letGo();
  await overlay.receipt();
  expect(sent).toHaveLength(1);
});

test("what is sent stays as it is: neither pointer nor keys nor the page change the selection, and nothing more is written", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const heard: string[] = [];
  await page.exposeFunction("hear", (name: string) => heard.push(name));
  await page.evaluate(() => {
    for (const name of ["region", "shared"]) document.addEventListener(`cutline:${name}`, () => (window as unknown as { hear: (name: string) => void }).hear(name));
  });
  const { isSent, letGo } = await held(page, cutline.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill(WORDS);
  await overlay.target("Board").focus();
  await page.keyboard.press("Enter");
  await isSent();
  // The field that it was sent from can be used no more.
  await expect(sharing(overlay)).toBeFocused();
  heard.length = 0;
  const region = await overlay.region();
  const stays = async () => {
    const { x, y, width, height } = await boxOf(overlay.dialog.locator(".selection-overlay__selection"));
    await overlay.drag(x + width / 2, y + height / 2, 25, 15);
    await overlay.drag(x + 2, y + 2, 25, 15);
    await page.mouse.dblclick(x + width / 2, y + height / 2);
    await overlay.dialog.locator(".selection-overlay__selection").evaluate((box: HTMLElement) => {
      box.focus();
      for (const on of [box, ...box.querySelectorAll<HTMLElement>("[tabindex]")]) {
        for (const key of ["ArrowRight", "End", "Enter"]) on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      }
    });
    await expect(overlay.dialog.locator(".selection-overlay__selection")).not.toBeFocused();
    expect(await overlay.region()).toEqual(region);
  };
  await stays();
  await expect(overlay.dialog.locator(".share-panel__body")).toHaveAttribute("inert", "");
  await page.locator("#picture").evaluate(async (picture: HTMLImageElement) => {
    Object.assign(picture, { src: "/forest-stream.webp", alt: "Another" });
    await picture.decode();
  });
  await page.clock.runFor(100);
  await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A nuthatch");
  await page.locator("#picture").evaluate(async (picture: HTMLImageElement) => {
    Object.assign(picture, { src: "/nuthatch.png", alt: "A nuthatch" });
    await picture.decode();
  });
  await page.clock.runFor(100);
  letGo();
  await overlay.receipt();
  await stays();
  await expect.poll(() => heard).toEqual(["shared"]);
});

test("of a picture that is slow to come it is told what is waited for, to see and to hear", async ({ page, site, foreign }) => {
  const bytes = await readFile(`${DEMO}nuthatch.png`);
  const [asked, begins, comes] = [closedGate(), closedGate(), closedGate()];
  site.origin.put("/slow.png", async (request, response) => {
    const isPage = request.headers["sec-fetch-dest"] !== undefined;
    if (!isPage) {
      asked.open();
      await begins.opened;
    }
    response.writeHead(200, { "content-type": "image/png", "content-length": bytes.length }).flushHeaders();
    if (!isPage) await comes.opened;
    response.end(bytes);
  });
  site.put("/", { body: PICTURE.replace("nuthatch", "slow") });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.share.click();
  await expect(sharing(overlay)).toBeVisible();
  await asked.opened;
  await page.clock.runFor(600);
  const saying = async (words: string) => {
    await expect(overlay.dialog.getByRole("button", { name: words })).toBeVisible();
    await page.clock.runFor(300);
    await expect(overlay.spoken).toHaveText(words);
  };
  await saying("Fetching the picture…");
  await take(page, "fetching");
  begins.open();
  await saying("Cutting out the part…");
  comes.open();
  await overlay.receipt();
});
