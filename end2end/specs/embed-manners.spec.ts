// The overlay as a guest on pages of other sites: it takes away neither the page nor the focus, shares only what is seen, keeps
// out of the page's keys and traps, and loses nothing that was written.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const MODULES = new URL("../node_modules/", import.meta.url);
const PICTURE = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">';
const WORDS = "Written at length";

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

test("the picture is saved, and the page stays where it is", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.share.click();
  await overlay.receipt();
  const downloaded = page.waitForEvent("download");
  await overlay.dialog.getByRole("link", { name: "Save the picture" }).click();
  const download = await downloaded;
  expect(download.suggestedFilename()).toMatch(/^cutline-[\w-]+\.png$/);
  const clipping = (await overlay.dialog.locator(".share-outcome__clipping").getAttribute("src"))!;
  expect((await readFile(await download.path())).equals(await (await page.request.get(clipping)).body())).toBe(true);
  await expect(page).toHaveURL(`${site.url}/`);
  await expect(overlay.dialog).toBeVisible();
});

test("a receipt that comes late leaves the focus where the visitor writes meanwhile", async ({ page, site, foreign, cutline }) => {
  site.put("/", { body: `${PICTURE}<textarea id="own"></textarea>` });
  await foreign.open(site.url);
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(`${cutline.url}/api/v1/shares`, async (route) => {
    await held;
    await route.continue();
  });
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.share.click();
  await page.locator("#own").focus();
  await page.keyboard.type("In the mid");
  letGo();
  await overlay.receipt();
  await page.keyboard.type("dle");
  await expect(page.locator("#own")).toBeFocused();
  await expect(page.locator("#own")).toHaveValue("In the middle");
});

test("closed by the page or by itself, an overlay leaves the focus where the visitor writes", async ({ page, site, foreign }) => {
  const opened = `<cutline-picture id="around">${PICTURE}</cutline-picture><textarea id="own"></textarea>`;
  site.put("/", { body: opened });
  await foreign.open(site.url);
  const { overlay } = foreign;
  const ends: [string, () => Promise<unknown>][] = [
    ["by the page", () => page.evaluate(() => (window as unknown as { cutline: { close: () => void } }).cutline.close())],
    ["by Escape", () => page.keyboard.press("Escape")],
    ["with its picture", () => page.locator("#around").evaluate((around) => around.remove())],
  ];
  for (const [how, end] of ends) {
    await page.getByRole("button", { name: "Share a part" }).click();
    await expect(overlay.dialog, how).toBeVisible();
    await page.locator("#own").focus();
    await page.keyboard.type(how);
    await end();
    await expect(overlay.dialog, how).toHaveCount(0);
    await page.keyboard.type(". ");
    await expect(page.locator("#own"), how).toBeFocused();
  }
  await expect(page.locator("#own")).toHaveValue("by the page. by Escape. with its picture. ");
});

test("where the page's container has taken the focus for nothing, the opener has it back", async ({ page, site, foreign }) => {
  site.put("/", { body: `<div id="lightbox" data-cutline-figure role="dialog" aria-label="Lightbox" tabindex="-1"><button data-cutline-open>Part</button>${PICTURE}</div>` });
  await foreign.open(site.url);
  const opener = page.getByRole("button", { name: "Part", exact: true });
  await opener.press("Enter");
  const overlay = page.locator("[role=dialog][data-region]");
  await expect(overlay).toBeVisible();
  await page.locator("#lightbox").focus();
  await page.keyboard.press("Escape");
  await expect(overlay).toHaveCount(0);
  await expect(opener).toBeFocused();
});

test("a press on a handle that drags nothing is not for the link that the picture stands in", async ({ page, site, foreign }) => {
  site.put("/", { body: `<a href="#followed">${PICTURE}</a>` });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await expect(overlay.dialog).not.toHaveAttribute("data-touched");
  const before = await overlay.region();
  for (const handle of ["north-west", "east"] as const) await overlay.handle(handle).click();
  await expect(overlay.dialog).toBeVisible();
  await expect(page).toHaveURL(`${site.url}/`);
  expect(await overlay.region()).toEqual(before);
});

test("a receipt gets the focus that was on what it replaces", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.share.press("Enter");
  await expect(await overlay.receipt()).toBeFocused();
});

const SLIDES = `<style>#slides { position: relative; height: 300px } #slides img { position: absolute; left: 0; top: 0; width: 400px; height: 300px; object-fit: cover }</style>
  <div id="slides"><img src="/forest-stream.webp" alt="two"><img src="/nuthatch.png" alt="one"></div>`;

for (const [how, gone, back] of [
  ["has faded", "opacity: 0", "opacity: 1"],
  ["is made invisible", "visibility: hidden", "visibility: visible"],
] as const) {
  test(`a slide that ${how} is not what is selected on, until it is seen again`, async ({ page, site, foreign }) => {
    site.put("/", { body: SLIDES });
    await foreign.open(site.url);
    const slide = page.getByAltText("one");
    const overlay = await foreign.dwell(slide);
    await overlay.description.fill(WORDS);
    await slide.evaluate((slide, gone) => (slide.style.cssText = gone), gone);
    await page.clock.runFor(100);
    await expect(overlay.selection).toBeHidden();
    await expect(overlay.dialog.getByText("out of sight")).toBeVisible();
    await slide.evaluate((slide, back) => (slide.style.cssText = back), back);
    await page.clock.runFor(100);
    await expect(overlay.selection).toBeVisible();
    await expect(overlay.description).toHaveValue(WORDS);
  });
}

test("a picture that cannot be seen does not react, and one that can be does afterwards", async ({ page, site, foreign }) => {
  site.put("/", { body: `<div id="around" style="opacity: 0">${PICTURE}</div><img id="seen" src="/forest-stream.webp" alt="Seen" width="300">` });
  await foreign.open(site.url);
  const seen = await boxOf(page.locator("#seen"));
  await page.mouse.move(seen.x + 50, seen.y + 50);
  await foreign.awake();
  const box = (await page.locator("#picture").boundingBox())!;
  await page.mouse.move(box.x + 50, box.y + 50);
  await page.clock.runFor(3_000);
  await expect(foreign.overlay.dialog).toHaveCount(0);
  const overlay = await foreign.dwell(page.locator("#seen"));
  await expect(overlay.dialog).toHaveAccessibleName("Share a part of: Seen");
});

test("in a lightbox with a real focus trap the overlay can be used", async ({ page, site, foreign }) => {
  for (const [path, file] of [["/tabbable.js", "tabbable/dist/index.umd.min.js"], ["/focus-trap.js", "focus-trap/dist/focus-trap.umd.min.js"]] as const) {
    site.origin.put(path, await readFile(new URL(file, MODULES)));
  }
  site.put("/", {
    head: '<script src="/tabbable.js"></script><script src="/focus-trap.js"></script>',
    body: `<button id="behind">Behind</button><div id="lightbox" role="dialog" aria-modal="true" aria-label="A lightbox" style="position:fixed;inset:20px;background:#fff"><button id="x">Leave</button>${PICTURE}</div>
      <script>
        const lightbox = document.querySelector("#lightbox");
        focusTrap.createFocusTrap(lightbox, { escapeDeactivates: false, clickOutsideDeactivates: true, onDeactivate: () => lightbox.remove() }).activate();
      </script>`,
  });
  await foreign.open(site.url);
  await expect(page.locator("#x")).toBeFocused();
  await foreign.rest(page.locator("#picture"));
  const overlay = page.getByRole("dialog", { name: "Share a part of" });
  const description = overlay.getByLabel("Description");
  await description.click();
  await page.keyboard.type(WORDS);
  await expect(description).toHaveValue(WORDS);
  await page.keyboard.press("Tab");
  await expect(overlay.getByLabel("Alt text")).toBeFocused();
  await expect(page.locator("#lightbox")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(overlay).toHaveCount(0);
  await expect(page.locator("#x")).toBeFocused();
});

test("what was written is there again when the same picture is opened again, and gone when it was shared", async ({ page, site, foreign }) => {
  site.put("/", { body: `${PICTURE}<img id="other" src="/forest-stream.webp" alt="Another" width="300">` });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill(WORDS);
  await overlay.alt.fill("A bird");
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await foreign.dwell(page.locator("#other"));
  await expect(overlay.description).toHaveValue("");
  await page.keyboard.press("Escape");
  await foreign.dwell(page.locator("#picture"));
  await expect(overlay.description).toHaveValue(WORDS);
  await expect(overlay.alt).toHaveValue("A bird");
  await overlay.share.click();
  await overlay.receipt();
  await page.keyboard.press("Escape");
  await page.mouse.move(2, 700);
  await foreign.dwell(page.locator("#picture"));
  await expect(overlay.description).toHaveValue("");
});

test("words stay with their picture when the page takes it from another address, shows it twice, or makes its element anew", async ({ page, site, foreign }) => {
  const twin = (id: string) => `<img id="${id}" src="/nuthatch.png" alt="A nuthatch" width="200">`;
  site.put("/", { body: `<div id="around">${twin("first")}</div>${twin("second")}` });
  await foreign.open(site.url);
  const { overlay } = foreign;
  const first = page.locator("#first");
  for (const id of ["first", "second"]) {
    await foreign.dwell(page.locator(`#${id}`));
    await expect(overlay.description).toHaveValue("");
    await overlay.description.fill(`On the ${id}`);
    await page.keyboard.press("Escape");
    await expect(overlay.dialog).toHaveCount(0);
  }
  await foreign.dwell(first);
  await expect(overlay.description).toHaveValue("On the first");
  await page.keyboard.press("Escape");
  await page.mouse.move(2, 700);
  await first.evaluate(async (picture: HTMLImageElement) => {
    picture.src = "/nuthatch.png?signed=anew";
    await picture.decode();
  });
  await foreign.dwell(first);
  await expect(overlay.description).toHaveValue("On the first");
  await page.keyboard.press("Escape");
  await page.mouse.move(2, 700);
  await page.evaluate(async () => {
    document.querySelector("#around")!.innerHTML = document.querySelector("#around")!.innerHTML;
    await document.querySelector<HTMLImageElement>("#first")!.decode();
  });
  await foreign.dwell(first);
  await expect(overlay.description).toHaveValue("On the first");
  await overlay.share.click();
  await overlay.receipt();
  await page.keyboard.press("Escape");
  await foreign.dwell(page.locator("#second"));
  await expect(overlay.description).toHaveValue("On the second");
});

test("words on one picture of a lightbox are not another's, which the same element shows", async ({ page, site, foreign }) => {
  site.put("/", { body: '<img id="large" src="/nuthatch.png" alt="A nuthatch" width="300">' });
  await foreign.open(site.url);
  const large = page.locator("#large");
  const turn = async (src: string, alt: string) => {
    await page.mouse.move(2, 700);
    await large.evaluate(async (picture: HTMLImageElement, to) => {
      Object.assign(picture, to);
      await picture.decode();
    }, { src, alt });
  };
  const overlay = await foreign.dwell(large);
  await overlay.description.fill(WORDS);
  await page.keyboard.press("Escape");
  await turn("/forest-stream.webp", "A stream");
  await foreign.dwell(large);
  await expect(overlay.description).toHaveValue("");
  await page.keyboard.press("Escape");
  await turn("/nuthatch.png", "A nuthatch");
  await foreign.dwell(large);
  await expect(overlay.description).toHaveValue(WORDS);
});

test("what an overlay lay on does not open under a pointer that has not moved when that is closed", async ({ page, site, foreign }) => {
  site.put("/", { body: `${PICTURE}<img id="beside" src="/forest-stream.webp" alt="Beside" width="340" height="560">` });
  await foreign.open(site.url);
  await page.evaluate(() => document.addEventListener("cutline:open", ({ target }) => (document.title = (target as Element).id)));
  const overlay = await foreign.dwell(page.locator("#picture"));
  await expect(page).toHaveTitle("picture");
  const beside = await boxOf(page.locator("#beside"));
  const panel = await boxOf(overlay.dialog.locator(".share-panel"));
  const [x, y] = [panel.x + 100, panel.y + 20];
  expect(x > beside.x && x < beside.x + beside.width && y > beside.y && y < beside.y + beside.height).toBe(true);
  await page.mouse.move(x, y, { steps: 3 });
  for (const close of [
    () => page.keyboard.press("Escape"),
    () => page.evaluate(() => (window as unknown as { cutline: { close: () => void } }).cutline.close()),
  ]) {
    await close();
    await expect(overlay.dialog).toHaveCount(0);
    await page.clock.runFor(3_000);
    await expect(overlay.dialog).toHaveCount(0);
    await page.mouse.move(2, 700, { steps: 3 });
    await foreign.dwell(page.locator("#picture"));
    await page.mouse.move(x, y, { steps: 3 });
  }
  await page.keyboard.press("Escape");
  // Who moves on it wants it.
  await page.mouse.move(x + 20, y + 20, { steps: 3 });
  await page.mouse.move(2, 700, { steps: 3 });
  await foreign.dwell(page.locator("#beside"));
  await expect(page).toHaveTitle("beside");
});

test("a slideshow of backgrounds that goes on is shared as it is seen", async ({ page, site, foreign }) => {
  site.put("/", { body: '<div id="show" data-cutline-background="A show" style="width:500px;height:300px;background:url(/forest-stream.webp) 0 0/cover"></div>' });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#show"));
  await overlay.description.fill(WORDS);
  await page.locator("#show").evaluate((show) => (show.style.backgroundImage = "url(/nuthatch.png)"));
  await expect(async () => {
    await page.clock.runFor(100);
    expect(await overlay.dialog.locator(".share-panel__preview").evaluate((preview) => getComputedStyle(preview).backgroundImage)).toContain("nuthatch");
  }).toPass();
  await expect(overlay.description).toHaveValue(WORDS);
  await overlay.share.click();
  // Once more, since it is another picture.
  await overlay.share.click();
  const share = await (await fetch(`${await (await overlay.receipt()).getAttribute("href")}.json`)).json();
  expect(share.target.source.id).toBe(`${site.url}/nuthatch.png`);
});

for (const [origin, expected] of [["content-box", [50, 50, 500, 300]], ["border-box", [0, 0, 600, 400]]] as const) {
  test(`a background that begins at the ${origin} is selected on where it is painted`, async ({ page, site, foreign }) => {
    const style = `width:500px;height:300px;padding:40px;border:10px solid transparent;background:url(/forest-stream.webp) 0 0/100% 100% no-repeat;background-origin:${origin}`;
    site.put("/", { body: `<div id="ground" data-cutline-background="A stream" style="${style}"></div>` });
    await foreign.open(site.url);
    const overlay = await foreign.dwell(page.locator("#ground"));
    const [box, stage] = [(await page.locator("#ground").boundingBox())!, (await overlay.dialog.boundingBox())!];
    expect([stage.x - box.x, stage.y - box.y, stage.width, stage.height].map(Math.round)).toEqual(expected);
  });
}

test("a picture that is shown otherwise than its file says does not react", async ({ page, site, foreign }) => {
  site.put("/", { body: `${PICTURE}<img id="raw" src="/forest-stream.webp" alt="Raw" width="300" style="image-orientation: none">` });
  await foreign.open(site.url);
  await foreign.dwell(page.locator("#picture"));
  await page.keyboard.press("Escape");
  await foreign.rest(page.locator("#raw"), 3_000);
  await expect(foreign.overlay.dialog).toHaveCount(0);
});

test("the first selection is where a crop of the page's lets the picture be seen", async ({ page, site, foreign }) => {
  site.put("/", {
    body: `<div id="crop" style="width:450px;height:150px;overflow:hidden">${PICTURE}</div><p>Words under it</p>`,
  });
  await foreign.open(site.url);
  const crop = await boxOf(page.locator("#crop"));
  await page.mouse.move(crop.x + 100, crop.y + 60, { steps: 3 });
  await foreign.awake();
  await page.clock.runFor(600);
  const box = await foreign.overlay.box();
  expect(box.y).toBeGreaterThanOrEqual(crop.y);
  expect(box.y + box.height).toBeLessThanOrEqual(crop.y + crop.height + 1);
});

test("what a crop of the page's hides is not covered: the page shows something else there", async ({ page, site, foreign }) => {
  const button = (id: string, style: string) => `<button id="${id}" style="position:absolute;${style}" onclick="document.title = this.id">${id}</button>`;
  site.put("/", {
    body: `<div style="position:relative;width:640px;height:520px"><div id="crop" style="position:absolute;left:120px;top:60px;width:260px;height:200px;border:5px solid;overflow:hidden">
      <img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450" style="margin:-80px 0 0 -90px"></div>
      ${button("above", "left:150px;top:10px")}${button("below", "left:200px;top:300px")}${button("left", "left:40px;top:150px")}</div>`,
  });
  await foreign.open(site.url);
  const crop = await boxOf(page.locator("#crop"));
  await page.mouse.move(crop.x + 100, crop.y + 60, { steps: 3 });
  await foreign.awake();
  await page.clock.runFor(600);
  const { overlay } = foreign;
  await expect(overlay.dialog).toBeVisible();
  await overlay.description.fill(WORDS);
  for (const id of ["above", "below", "left"]) {
    await page.locator(`#${id}`).click();
    await expect(page).toHaveTitle(id);
  }
  // And not painted over: what is dimmed is the picture.
  const inside = { x: crop.x + 5, y: crop.y + 5, width: 260, height: 200 };
  const dims = (points: [number, number][]) =>
    page.evaluate((points) => points.map(([x, y]) => document.elementFromPoint(x, y)?.localName), points);
  expect(await dims([[inside.x + 3, inside.y + 3], [inside.x + 257, inside.y + 197]])).toEqual(["cutline-overlay", "cutline-overlay"]);
  expect(await dims([[inside.x - 8, inside.y + 100], [inside.x + 100, inside.y + 208]])).not.toContain("cutline-overlay");
  // All handles can be taken there.
  const region = await overlay.region();
  await overlay.dialog.getByText("Adjust the selection").click();
  await overlay.selection.dblclick();
  expect(await overlay.region()).not.toEqual(region);
});

test("an overlay goes out of sight with its picture in a scroller, and comes again with it", async ({ page, site, foreign }) => {
  site.put("/", { body: `<div id="scroller" style="width:500px;height:400px;overflow:auto">${PICTURE}<div style="height:2000px"></div></div>` });
  await foreign.open(site.url);
  const scroller = await boxOf(page.locator("#scroller"));
  await page.mouse.move(scroller.x + 200, scroller.y + 200, { steps: 3 });
  await foreign.awake();
  await page.clock.runFor(600);
  const { overlay } = foreign;
  await overlay.description.fill(WORDS);
  const region = await overlay.region();
  const scroll = async (top: number) => {
    await page.evaluate((top) => document.querySelector("#scroller")!.scrollTo(0, top), top);
    await page.clock.runFor(100);
  };
  await scroll(1_500);
  await expect(overlay.selection).toBeHidden();
  await expect(overlay.dialog.getByText("out of sight")).toBeVisible();
  await scroll(0);
  await expect(overlay.selection).toBeVisible();
  await expect(overlay.description).toHaveValue(WORDS);
  expect(await overlay.region()).toEqual(region);
});

test("Alt with an arrow is the browser's", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.selection.focus();
  const before = await overlay.region();
  await page.evaluate(() =>
    document.querySelector("cutline-overlay")!.shadowRoot!.addEventListener("keydown", (event) => {
      document.documentElement.dataset["prevented"] = String(event.defaultPrevented);
    }),
  );
  for (const grip of [overlay.selection, overlay.handle("east")]) {
    const prevented = await grip.evaluate((grip) => !grip.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", altKey: true, bubbles: true, cancelable: true, composed: true })));
    expect(prevented).toBe(false);
  }
  expect(await overlay.region()).toEqual(before);
});

test("of the keys, only the release of Escape is kept from the page", async ({ page, site, foreign }) => {
  site.put("/", { body: `${PICTURE}<script>window.heard = []; for (const name of ["keydown", "keyup"]) document.addEventListener(name, ({ key }) => heard.push(name + " " + key));</script>` });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await page.keyboard.down("a");
  await page.keyboard.down("Escape");
  await page.keyboard.up("a");
  await page.keyboard.up("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  expect(await page.evaluate("heard")).toEqual(["keydown a", "keyup a"]);
});

test("links are counted as long as the server's are, wherever the page is", async ({ page, site, foreign, cutline }) => {
  await page.route(`${cutline.url}/api/v1/embed**`, async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    const response = await route.fetch();
    const answer = await response.json();
    for (const target of answer.targets) target.limits = { text: { unit: "characters", max: 500 }, alt: null, max_side: null, max_pixels: null };
    await route.fulfill({ response, json: answer });
  });
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill("Words");
  const counts = await overlay.dialog.locator(".share-panel__counts").textContent();
  expect(counts).toContain("/ 500");
  const taken = Number(/(\d+) \/ 500/.exec(counts!)![1]);
  const address = `${cutline.url}/s/0123456789abcdef`;
  expect(taken).toBe("Words\n\n".length + address.length);
});

test("each chosen target has a line of what it will get, with what is over in its own place", async ({ page, site, foreign, cutline }) => {
  await page.route(`${cutline.url}/api/v1/embed?**`, async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    const [board] = answer.targets;
    const target = (name: string, limits: object) => ({ ...board, id: name.toLowerCase(), name, limits });
    answer.targets = [
      target("Roomy", { text: { unit: "characters", max: 5_000 }, alt: { unit: "characters", max: 900 }, max_side: null, max_pixels: null }),
      target("Narrow", { text: { unit: "characters", max: 80 }, alt: { unit: "characters", max: 10 }, max_side: 100, max_pixels: null }),
    ];
    answer.settings.chosen_targets = ["roomy", "narrow"];
    await route.fulfill({ response, json: answer });
  });
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.fill("Words ".repeat(20));
  await overlay.alt.fill("A bird, head first");
  const lines = overlay.dialog.locator(".share-panel__rooms li");
  await expect(lines).toHaveCount(2);
  const [roomy, narrow] = [lines.nth(0), lines.nth(1)];
  await expect(roomy).toHaveText(/^Roomy\d+ \/ 5000Alt text: 18 \/ 900450 × 300 pixels$/);
  await expect(narrow).toContainText(/^Narrow\d+ \/ 80Alt text: 18 \/ 10100 × 66 pixels/);
  await expect(narrow).toContainText("The text will be shortened. The alt text will be shortened. The picture will be made smaller.");
  const over = overlay.dialog.locator(".share-panel__rooms .share-panel__count--over");
  await expect(over).toHaveText([/ \/ 80$/, "Alt text: 18 / 10"]);
  await overlay.target("Narrow").uncheck();
  await expect(lines).toHaveText([/^Roomy/]);
  await expect(over).toHaveCount(0);
});

test("the page hears as often that the pointer leaves the picture as that it comes, and of which pointer", async ({ page, site, foreign }) => {
  site.put("/", {
    body: `${PICTURE}<script>window.heard = []; for (const name of ["pointerenter", "pointerleave", "mouseenter", "mouseleave"])
      document.querySelector("#picture").addEventListener(name, (event) => heard.push([name, event.pointerType ?? "", event.isPrimary ?? true]));</script>`,
  });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  const box = await boxOf(page.locator("#picture"));
  await overlay.description.fill(WORDS);
  for (let round = 0; round < 3; round++) {
    await page.mouse.move(2, 700, { steps: 3 });
    await page.mouse.move(box.x + 100, box.y + 100, { steps: 3 });
  }
  await page.mouse.move(2, 700, { steps: 3 });
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  const heard = (await page.evaluate("heard")) as [string, string, boolean][];
  const depth = { pointer: 0, mouse: 0 };
  for (const [name, type, isPrimary] of heard) {
    const kind = name.startsWith("pointer") ? "pointer" : "mouse";
    depth[kind] += name.endsWith("enter") ? 1 : -1;
    expect([0, 1], JSON.stringify(heard)).toContain(depth[kind]);
    if (kind === "pointer") expect([type, isPrimary]).toEqual(["mouse", true]);
  }
  expect(depth).toEqual({ pointer: 0, mouse: 0 });
});

test("the link to the form elsewhere has what is selected and written, and stays short", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  const link = overlay.dialog.getByRole("link", { name: "Share elsewhere…" });
  const before = await link.getAttribute("href");
  await overlay.description.fill(WORDS);
  await overlay.dragHandle("east", 30, 0);
  const href = (await link.getAttribute("href"))!;
  expect(href).not.toBe(before);
  expect(decodeURIComponent(href.replaceAll("+", " "))).toContain(WORDS);
  await overlay.description.fill("鸟".repeat(1_000));
  expect((await link.getAttribute("href"))!.length).toBeLessThan(7_000);
});
