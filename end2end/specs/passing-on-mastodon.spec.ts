// A share is passed on to a visitor's own server of the Mastodon family: its form is filled in, and what is posted there by hand
// holds the words and the link. The server is a real one, which this machine has without TLS: what is asked of it by https is led
// to it.
import { expect, test } from "../fixtures/test.ts";

const WORDS = "Only nuthatches do that & more";

test("the form of the visitor's own server is filled in, and the post holds words and link", async ({ browser, snac, cutline, page: maker }) => {
  const share = await maker.request.post(`${cutline.url}/api/v1/shares`, {
    data: { source: { image_url: `${cutline.url}/pictures/demo/nuthatch.png` }, region: "pct:10,10,20,20", description: WORDS, targets: ["board"] },
  });
  const { url } = (await share.json()) as { url: string };

  const context = await browser.newContext({ baseURL: cutline.url, httpCredentials: { username: snac.account, password: snac.password } });
  const asked: string[] = [];
  await context.route(`https://${snac.host}/**`, async (route) => {
    asked.push(route.request().url());
    await route.fulfill({ status: 302, headers: { location: route.request().url().replace("https:", "http:") } });
  });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByText("Post the link elsewhere").click();
  const field = page.getByRole("textbox", { name: "Your server" });
  await field.fill(`@${snac.account}@${snac.host}`);
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Mastodon" }).click();
  const form = await opened;

  await expect(form.getByRole("heading")).toHaveText(`${snac.host} link share`);
  expect(asked).toEqual([`https://${snac.host}/share?text=${encodeURIComponent(`${WORDS}\n\n${url}`)}`]);
  expect((await form.locator("textarea").inputValue()).trim()).toBe(`${WORDS}\n\n${url}`);

  // What is in the form is what is posted when the visitor, who is known there, sends it.
  await form.locator("input[name=login]").fill(snac.account);
  await form.getByRole("button", { name: "OK" }).click();
  await expect.poll(() => form.url()).toContain(`/${snac.account}/`);
  const link = `href="${url}"`;
  await expect.poll(async () => (await snac.statuses()).filter(({ content }) => content.startsWith(WORDS) && content.includes(link))).toHaveLength(1);
  await context.close();
});

test("what is no server's name is said to be none, and leads nowhere", async ({ page, cutline, complaints }) => {
  const share = await page.request.post(`${cutline.url}/api/v1/shares`, {
    data: { source: { image_url: `${cutline.url}/pictures/demo/nuthatch.png` }, region: "pct:10,10,20,20", description: WORDS, targets: ["board"] },
  });
  const { id } = (await share.json()) as { id: string };
  complaints.expect(/422|400/);
  await page.goto(`/s/${id}`);
  await page.getByText("Post the link elsewhere").click();
  await page.getByRole("textbox", { name: "Your server" }).fill("https://");
  await page.locator("form.share__server").evaluate((form: HTMLFormElement) => (form.target = ""));
  await page.getByRole("button", { name: "Mastodon" }).click();
  await expect(page.getByText("The server must be the name of one")).toBeVisible();
});
