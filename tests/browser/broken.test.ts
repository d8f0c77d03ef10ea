// What of the page does not come, or fails while it is drawn, says so in its place; all around it stays.
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { PATIENCE_MS, anotherScreen, isAccessible, isAt, isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { FakeCall } from "../lib/twilio.ts";

const PIECES = /\/app\/assets\/.*\.js$/;

let server: Server;
let browser: Browser;
let person: Page;
let page: Page;
let context: BrowserContext;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  person = await signIn(browser, server);
  await new FakeCall(server, "+15085140360").arrives();
});
after(async () => {
  await browser.close();
  await server.remove();
});
beforeEach(async () => {
  page = await anotherScreen(browser, person, {});
  context = page.context();
});
afterEach(() => context.close());

function face(said: string): Locator {
  return page.getByRole("alert").filter({ hasText: said });
}

/** From now on no other piece of the page comes. */
async function loseTheRest(): Promise<void> {
  await page.goto(`${server.url}/app/`);
  await isLive(page);
  await context.route(PIECES, (route) => route.abort());
}

describe("a piece of the page that does not come", () => {
  const PIECE = "A piece of this page could not be fetched";

  test("has its face in the room; the other rooms are there, and it is when it comes", async () => {
    await loseTheRest();
    const nav = page.getByRole("navigation").first();
    await nav.getByRole("link", { name: "Operations" }).click();
    await face(PIECE).waitFor();
    await isAccessible(page);
    await nav.getByRole("link", { name: "Live" }).click();
    await page.locator("[data-sid]").first().waitFor();
    await face(PIECE).waitFor({ state: "detached" });
    await nav.getByRole("link", { name: "Operations" }).click();
    await context.unroute(PIECES);
    await face(PIECE).getByRole("button", { name: "Try again" }).click();
    await page.getByRole("region", { name: "Drift" }).waitFor();
  });

  test("of a sheet over the page has its face there, and can be closed", async () => {
    await loseTheRest();
    await page.keyboard.press("?");
    await face(PIECE).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await face(PIECE).waitFor({ state: "detached" });
    await page.locator("[data-sid]").first().waitFor();
  });

  test("of the details of a call leaves nothing of them in the address when it is closed", async () => {
    await loseTheRest();
    await page.evaluate(() => {
      window.history.pushState(null, "", "/app/?call=CA1&as_of=7");
      window.dispatchEvent(new PopStateEvent("popstate"));
    });
    await face(PIECE).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await face(PIECE).waitFor({ state: "detached" });
    await isAt(page, "/app/");
  });
});

test("a room of the settings that cannot be drawn leaves the others, in each language", async () => {
  for (const [locale, said, again] of [["en-US", "This page has a fault", "Try again"], ["ru-RU", "На этой странице ошибка", "Повторить"]] as const) {
    const other = await anotherScreen(browser, person, { locale });
    other.setDefaultTimeout(PATIENCE_MS);
    await other.route("**/api/roles", (route) => route.fulfill({ json: {} }));
    await other.goto(`${server.url}/app/settings/roles`);
    const alert = other.getByRole("alert").filter({ hasText: said });
    await alert.getByRole("button", { name: again }).waitFor();
    await other.locator('nav a[href*="/app/settings/account"]').first().click();
    await alert.waitFor({ state: "detached" });
    await other.context().close();
  }
});
