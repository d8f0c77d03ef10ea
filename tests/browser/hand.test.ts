// In a hand nothing is out of reach: the rooms beside the mark of a demo, the keys by touch, what is selected in the inbox.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { PHONE, anotherScreen, isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { deliverPoison } from "../lib/twilio.ts";

const N_POISON = 3;
/** A tablet held upright and lying, and a small laptop: between a hand and a desk. */
const BETWEEN = [820, 1024, 1280];
/** A phone that lies: less high than the keys are long. */
const LYING = { width: 844, height: 390 };

let server: Server;
let browser: Browser;
let person: Page;

before(async () => {
  server = await startServer({ DEMO_CALLS: "true", TWILIO_BASE_URL: "http://127.0.0.1:9" });
  browser = await openBrowser();
  person = await signIn(browser, server);
  for (let n = 0; n < N_POISON; n++) await deliverPoison(server);
  await settled(server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** Whether all of it is within the screen. */
function isInSight(what: Locator): Promise<boolean> {
  return what.evaluate((element) => {
    const { top, right, bottom, left } = element.getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= window.innerHeight && right <= window.innerWidth;
  });
}

describe("the header of a demo", () => {
  for (const width of [PHONE.width, ...BETWEEN])
    test(`has all rooms in sight on ${String(width)} pixels, and its mark beside nothing else`, async () => {
      const page = await anotherScreen(browser, person, { viewport: { width, height: 800 } });
      await page.goto(`${server.url}/app/`);
      await isLive(page);
      const nav = page.getByRole("banner").getByRole("navigation");
      assert.ok((await nav.evaluate((rooms) => rooms.scrollWidth - rooms.clientWidth)) <= 0, "no room is cut off");
      const mark = await page.getByRole("banner").getByText("Demo", { exact: true }).boundingBox();
      const tools = await page.locator("[data-connection]").boundingBox();
      assert.ok(mark !== null && tools !== null && mark.x + mark.width < tools.x, "the mark ends before the connection begins");
      assert.ok(mark.height < 32, "it stands on one line");
      await page.context().close();
    });
});

describe("by touch", () => {
  let page: Page;
  before(async () => {
    page = await anotherScreen(browser, person, { viewport: PHONE, hasTouch: true, isMobile: true });
  });
  after(() => page.context().close());

  test("the keys are reached, read to their end, and closed from there", async () => {
    await page.setViewportSize(LYING);
    await page.goto(`${server.url}/app/`);
    await isLive(page);
    await page.getByRole("banner").locator('[aria-keyshortcuts="Control+K"]').tap();
    await page.getByRole("option").filter({ hasText: /^Keys/ }).tap();
    const sheet = page.getByRole("dialog", { name: "Keys" });
    const last = sheet.locator("dl > div").last();
    await last.scrollIntoViewIfNeeded();
    assert.ok(await isInSight(last), "the last key is in sight");
    const close = sheet.getByRole("button", { name: "Close" });
    assert.ok(await isInSight(close), "and the way out with it");
    await close.tap();
    await sheet.waitFor({ state: "detached" });
    await page.setViewportSize(PHONE);
  });

  test("one who has selected some is offered those, and not all beside them", async () => {
    await page.goto(`${server.url}/app/inbox?state=dead_letter`);
    const all = page.getByRole("button", { name: `Replay all ${String(N_POISON)}` });
    await all.waitFor();
    await page.locator("[data-group]").getByRole("link").tap();
    await page.locator("[data-event]").getByRole("checkbox").first().tap();
    const some = page.getByRole("button", { name: "Replay 1" });
    await some.waitFor();
    assert.ok(await isInSight(some));
    await all.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Select none" }).tap();
    await all.waitFor();
  });
});
