// The script on pages as they are: pictures that come late, in shadow roots and frames, in links, sliders and lightboxes, as
// backgrounds, from right to left, under strict policies.
import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures/embed.ts";
import { boxOf } from "../pages/overlay.ts";

const DEMO = fileURLToPath(new URL("../../public/demo/", import.meta.url));
const PICTURE = '<img id="picture" src="/nuthatch.png" alt="A nuthatch" width="450">';

test.beforeEach(async ({ site }) => site.origin.serve(DEMO));

test("a picture that a script puts in the page later, in place of another", async ({ page, site, foreign }) => {
  site.put("/", { body: `<main id="app"><p>Loading</p></main>` });
  await foreign.open(site.url);
  for (const alt of ["first", "second"]) {
    await page.evaluate(
      ([alt]) => {
        const image = Object.assign(new Image(450), { src: "/nuthatch.png", alt });
        document.querySelector("#app")!.replaceChildren(image);
        return image.decode();
      },
      [alt] as const,
    );
    const overlay = await foreign.dwell(page.getByAltText(alt));
    await expect(overlay.dialog).toHaveAccessibleName(`Share a part of: ${alt}`);
    await overlay.close.click();
    await page.mouse.move(2, 700);
  }
});

test("a picture in open shadow roots, one in the other", async ({ page, site, foreign }) => {
  site.put("/", {
    body: `<x-outer></x-outer><script>
      const make = (inner) => class extends HTMLElement { connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = inner; } };
      customElements.define("x-inner", make('<p>Words</p><img src="/nuthatch.png" alt="Deep inside" width="450">'));
      customElements.define("x-outer", make("<div><x-inner></x-inner></div>"));
    </script>`,
  });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.getByAltText("Deep inside"));
  await overlay.share.click();
  await overlay.receipt();
});

test("a picture in a frame of the same site", async ({ page, site, foreign }) => {
  site.origin.put("/frame.html", `<!doctype html><html lang="en"><head><title>Inside</title></head><body><img id="inside" src="/nuthatch.png" alt="In a frame" width="450"></body></html>`);
  site.put("/", { body: `<h1>Around</h1><iframe src="/frame.html" width="900" height="650"></iframe>` });
  await foreign.open(site.url);
  const frame = page.frameLocator("iframe");
  const picture = frame.locator("#inside");
  await expect(picture).toHaveJSProperty("complete", true);
  const box = (await picture.boundingBox())!;
  await page.mouse.move(box.x + 40, box.y - 12);
  await page.mouse.move(box.x + 90, box.y + 90, { steps: 3 });
  await expect.poll(() => picture.evaluate(() => "cutline" in window)).toBe(true);
  const dialog = frame.getByRole("dialog");
  await expect(async () => {
    await page.clock.runFor(600);
    await expect(dialog).toBeVisible({ timeout: 300 });
  }).toPass();
  await dialog.getByRole("button", { name: "Share", exact: true }).click();
  await expect(dialog.getByRole("link", { name: "Open the share page" })).toBeVisible();
});

test("the original of a <picture>, and what the page says about it", async ({ page, site, foreign }) => {
  site.put("/", {
    body: `<picture><source srcset="/forest-stream.webp" type="image/webp"><img id="chosen" src="/nuthatch.png" alt="Chosen" width="450"></picture>
      <img id="said" src="/nuthatch.png" alt="Said" width="450" data-cutline-source="/dandelion-in-evening-light.jpg">`,
  });
  await foreign.open(site.url);
  const opened = page.evaluate(
    () =>
      new Promise<string>((resolve) =>
        document.addEventListener("cutline:open", (event) => resolve((event as CustomEvent).detail.image_url), { once: true }),
      ),
  );
  await foreign.dwell(page.locator("#chosen"));
  expect(await opened).toBe(`${site.url}/forest-stream.webp`);
});

test("a picture that is loaded only when it is seen", async ({ page, site, foreign }) => {
  site.put("/", {
    body: `<p style="height:3000px">Far</p><img id="lazy" data-src="/nuthatch.png" alt="Late" width="450" height="601" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
      <script>new IntersectionObserver(([{ isIntersecting, target }]) => { if (isIntersecting) target.src = target.dataset.src; }).observe(document.querySelector("#lazy"));</script>`,
  });
  await foreign.open(site.url);
  const lazy = page.locator("#lazy");
  await lazy.scrollIntoViewIfNeeded();
  await expect(lazy).toHaveJSProperty("naturalWidth", 900);
  await foreign.dwell(lazy);
});

test("a slider goes on and takes the overlay with it", async ({ page, site, foreign }) => {
  site.put("/", {
    body: `<div style="width:500px;height:400px;overflow:hidden;position:relative"><div id="track" style="display:flex;width:1000px">
      ${["one", "two"].map((alt) => `<img src="/forest-stream.webp" alt="${alt}" style="width:500px;height:400px;object-fit:cover">`).join("")}</div></div>`,
  });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.getByAltText("one"));
  await overlay.description.fill("Mine");
  await page.evaluate(() => (document.querySelector<HTMLElement>("#track")!.style.transform = "translateX(-200px)"));
  await page.clock.runFor(100);
  const box = (await page.getByAltText("one").boundingBox())!;
  await expect.poll(async () => Math.round((await overlay.dialog.boundingBox())!.x - box.x)).toBe(0);
  await expect(overlay.description).toHaveValue("Mine");
});

test("controls that lie on a picture take presses under the overlay as they do without it", async ({ page, site, foreign }) => {
  const LIE = "position:absolute;width:80px;height:40px";
  site.put("/", {
    body: `<figure style="position:relative;margin:0">${PICTURE}
      <button id="enlarge" style="${LIE};left:180px;top:140px">Enlarge</button>
      <figcaption style="${LIE};left:20px;top:20px"><a href="#followed">By whom</a></figcaption>
      <x-menu style="${LIE};left:340px;top:20px"></x-menu>
      <p id="plain" style="${LIE};left:20px;top:245px">Words</p></figure><script>
      window.heard = [];
      customElements.define("x-menu", class extends HTMLElement { connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = "<label><input type=checkbox> Loved</label>"; } });
      for (const name of ["pointerdown", "mousedown", "focus", "pointerup", "mouseup", "click", "dblclick"])
        document.querySelector("#enlarge").addEventListener(name, () => heard.push(name));
    </script>`,
  });
  const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard.splice(0));
  await foreign.open(site.url);
  const enlarge = await boxOf(page.locator("#enlarge"));
  const [x, y] = [enlarge.x + 40, enlarge.y + 20];
  await page.mouse.click(x, y);
  const without = await heard();
  expect(without).toEqual(["pointerdown", "mousedown", "focus", "pointerup", "mouseup", "click"]);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.mouse.move(2, 700);

  const picture = page.locator("#picture");
  const rest = async () => {
    const box = await boxOf(picture);
    await page.mouse.move(box.x + 225, box.y + 60, { steps: 3 });
    await foreign.awake();
    await page.clock.runFor(600);
    await expect(foreign.overlay.dialog).toBeVisible();
  };
  await rest();
  await page.mouse.click(x, y);
  await expect(foreign.overlay.dialog).toHaveCount(0);
  expect(await heard()).toEqual(without);
  await page.mouse.move(2, 700);

  await rest();
  const { overlay } = foreign;
  await overlay.description.fill("Mine");
  const region = await overlay.region();
  await page.mouse.dblclick(x, y);
  expect(await heard()).toEqual([...without, ...without, "dblclick"]);
  const menu = await boxOf(page.locator("x-menu"));
  await page.mouse.click(menu.x + 30, menu.y + 12);
  await expect(page.getByRole("checkbox", { name: "Loved" })).toBeChecked();
  await page.mouse.click(menu.x - 60, menu.y + 70);
  const words = await boxOf(page.locator("#plain"));
  await page.mouse.click(words.x + 20, words.y + 20);
  const caption = await boxOf(page.getByRole("link", { name: "By whom" }));
  await page.mouse.click(caption.x + 4, caption.y + 4);
  await expect(page).toHaveURL(/#followed$/);
  await expect(overlay.description).toHaveValue("Mine");
  expect(await overlay.region()).toEqual(region);
  expect(await heard()).toEqual([]);
  // Not while presses set corners.
  await overlay.openTools();
  await overlay.dialog.getByRole("button", { name: "Set two corners" }).click();
  await page.mouse.click(x, y);
  await page.mouse.click(x + 60, y + 60);
  expect(await heard()).toEqual([]);
  expect(await overlay.region()).not.toEqual(region);
});

for (const [what, body] of [
  ["a link", `<a href="#followed">${PICTURE}</a>`],
  ["a link that has the usual cursor", `<style>img { cursor: default }</style><a href="#followed"><span>${PICTURE}</span></a>`],
  ["a lightbox", `<style>img { cursor: zoom-in }</style>${PICTURE}<script>document.querySelector("img").onclick = () => location.hash = "followed"</script>`],
] as const) {
  test(`a click on a picture in ${what} does what it did, before and while the overlay is there`, async ({ page, site, foreign }) => {
    site.put("/", { body });
    await foreign.open(site.url);
    const picture = page.locator("#picture");
    await picture.click();
    await expect(page).toHaveURL(/#followed$/);
    await page.evaluate(() => (location.hash = ""));
    await page.mouse.move(2, 700);
    const overlay = await foreign.dwell(picture);
    await page.mouse.down();
    await page.mouse.up();
    await expect(page).toHaveURL(/#followed$/);
    await expect(overlay.dialog).toHaveCount(0);
  });
}

test("what is done in the overlay is not the page's: its shortcuts, its focus trap, its lightbox", async ({ page, site, foreign }) => {
  site.put("/", {
    body: `<div id="modal"><button>In the modal</button>${PICTURE}</div><script>
      window.heard = [];
      for (const name of ["keydown", "keyup", "click", "mousedown", "focusin"]) document.addEventListener(name, (event) => heard.push(name + " " + (event.key ?? "")));
      document.addEventListener("focusin", (event) => { if (!document.querySelector("#modal").contains(event.target)) document.querySelector("#modal button").focus(); });
      document.addEventListener("keydown", (event) => { if (event.key === "Escape") document.querySelector("#modal").remove(); });
    </script>`,
  });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  await overlay.description.click();
  await page.keyboard.type("jk");
  await expect(overlay.description).toHaveValue("jk");
  await expect(overlay.description).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(overlay.dialog).toHaveCount(0);
  await expect(page.locator("#modal")).toBeVisible();
  expect(await page.evaluate("heard")).toEqual([]);
});

test("a picture in the page's own modal dialog", async ({ page, site, foreign }) => {
  site.put("/", { body: `<dialog>${PICTURE}</dialog><script>document.querySelector("dialog").showModal()</script>` });
  await foreign.open(site.url);
  await foreign.rest(page.locator("#picture"));
  const overlay = page.locator("dialog cutline-overlay").getByRole("dialog");
  await overlay.getByRole("button", { name: "Share", exact: true }).click();
  await expect(overlay.getByRole("link", { name: "Open the share page" })).toBeVisible();
});

test("a background that the page offers, and none that it does not", async ({ page, site, foreign }) => {
  const style = "width:500px;height:300px;border:10px solid;background:url(/forest-stream.webp) 30% 40%/cover";
  site.put("/", { body: `<div id="yes" data-cutline-background="A stream" style="${style}">Words on it</div><div id="no" style="${style}"></div>` });
  await foreign.open(site.url);
  const element = page.locator("#yes");
  const overlay = await foreign.dwell(element);
  await expect(overlay.dialog).toHaveAccessibleName("Share a part of: A stream");
  const [box, stage] = [(await element.boundingBox())!, (await overlay.dialog.boundingBox())!];
  expect([stage.x - box.x, stage.y - box.y, stage.width, stage.height].map(Math.round)).toEqual([10, 10, 500, 300]);
  await overlay.share.click();
  await overlay.receipt();
  await overlay.close.click();
  await foreign.rest(page.locator("#no"), 3_000);
  await expect(overlay.dialog).toHaveCount(0);
});

test("a background of an element that is turned, made smaller and padded", async ({ page, site, foreign }) => {
  const style = "margin:100px;width:300px;height:200px;padding:30px;border:10px solid;background:url(/forest-stream.webp) 100% 0/cover;transform:rotate(90deg) scale(0.8)";
  site.put("/", { body: `<div id="yes" data-cutline-background="A stream" style="${style}"></div>` });
  await foreign.open(site.url);
  const before = await page.evaluate(() => document.documentElement.outerHTML);
  await page.evaluate(() => document.addEventListener("cutline:open", ({ target }) => ((target as HTMLElement).dataset["heard"] = "open")));
  const overlay = await foreign.dwell(page.locator("#yes"));
  await expect(page.locator("#yes")).toHaveAttribute("data-heard", "open");
  const box = (await page.locator("#yes").boundingBox())!;
  const stage = (await overlay.dialog.locator(".selection-overlay__stage").boundingBox())!;
  // Turned, what was its height is its width; a background is all that is inside the border.
  expect([stage.x - box.x, stage.y - box.y, stage.width, stage.height].map(Math.round)).toEqual([8, 8, 208, 288]);
  await overlay.close.click();
  await expect(overlay.dialog).toHaveCount(0);
  await page.evaluate(() => delete document.querySelector<HTMLElement>("#yes")!.dataset["heard"]);
  expect(await page.evaluate(() => document.documentElement.outerHTML)).toBe(before);
});

test("a page from right to left", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE, root: 'lang="ar" dir="rtl"' });
  await foreign.open(site.url);
  await foreign.rest(page.locator("#picture"));
  const dialog = page.getByRole("dialog");
  await expect(dialog).toHaveAttribute("dir", "rtl");
  const [picture, stage] = [(await page.locator("#picture").boundingBox())!, (await dialog.boundingBox())!];
  expect([stage.x, stage.y, stage.width, stage.height].map(Math.round)).toEqual([picture.x, picture.y, picture.width, picture.height].map(Math.round));
});

test("a page under the strictest policy that it can have", async ({ page, site, foreign }) => {
  site.put("/", { body: PICTURE, policy: "script-src HOST 'wasm-unsafe-eval'; connect-src HOST; style-src 'self'; object-src 'none'; base-uri 'none'" });
  await foreign.open(site.url);
  const overlay = await foreign.dwell(page.locator("#picture"));
  const width = await overlay.dialog.locator(".share-panel").evaluate((panel) => panel.getBoundingClientRect().width);
  expect(width).toBe(336);
  await overlay.dragHandle("east", 30, 0);
  await overlay.share.click();
  await overlay.receipt();
});

test("five hundred pictures have as many listeners as one", async ({ page, site, foreign }) => {
  const pictures = Array.from({ length: 500 }, (_, index) => `<img src="/nuthatch.png?${index}" alt="${index}" width="130" height="174" loading="lazy">`);
  site.put("/one", { body: pictures[7]! });
  site.put("/many", { body: `<div style="columns:6">${pictures.join("")}</div>` });
  await page.addInitScript(() => {
    const counts = { listeners: 0 };
    Object.assign(window, { __counts: counts });
    const add = EventTarget.prototype.addEventListener;
    EventTarget.prototype.addEventListener = function (...args: Parameters<typeof add>) {
      counts.listeners++;
      return add.apply(this, args);
    };
  });
  const listeners = () => page.evaluate(() => (window as unknown as { __counts: { listeners: number } }).__counts.listeners);
  const counts: number[] = [];
  for (const path of ["/one", "/many"]) {
    await foreign.open(`${site.url}${path}`);
    const before = await listeners();
    await foreign.rest(page.getByAltText("7", { exact: true }), 0);
    counts.push(before, await listeners());
    await page.clock.resume();
  }
  // One more or less, as the script came before or after the end of the page.
  for (const [one, many] of [[counts[0]!, counts[2]!], [counts[1]!, counts[3]!]] as const) expect(Math.abs(one - many)).toBeLessThanOrEqual(1);
});

test("a picture that fills the screen has its overlay on it, and not in it", async ({ page, site, foreign }) => {
  site.put("/", { body: `${PICTURE}<script>document.querySelector("#picture").onclick = (event) => event.target.requestFullscreen()</script>` });
  await foreign.open(site.url);
  await page.mouse.click(100, 100);
  await expect.poll(() => page.evaluate(() => document.fullscreenElement?.id)).toBe("picture");
  await page.mouse.move(2, 2);
  const box = await boxOf(page.locator("#picture"));
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 5 });
  await foreign.awake();
  await page.mouse.move(box.x + box.width / 2 + 10, box.y + box.height / 2, { steps: 5 });
  await page.clock.runFor(600);
  await expect(foreign.overlay.selection).toBeVisible();
  await foreign.overlay.moveSelection(20, 10);
  await expect(foreign.overlay.description).toBeVisible();
});
