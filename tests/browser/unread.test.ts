// What has come since somebody looked: marked in the lists, counted in the header and the title, kept in the browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { anotherScreen, isAccessible, isLive, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const ANN = "+15085140320";
const BOB = "+15085140321";
const CLEO = "+15085140322";
const SHOWN = { [ANN]: "+1 (508) 514-0320", [BOB]: "+1 (508) 514-0321", [CLEO]: "+1 (508) 514-0322" };

let server: Server;
let browser: Browser;
let page: Page;

async function missedCall(from: string): Promise<void> {
  const call = new FakeCall(server, from);
  await call.arrives();
  await call.status("no-answer");
}

/** The first look is kept, under the names of the person and the project. */
function isBegun(of: Page): Promise<true | undefined> {
  return of.evaluate(() => (Object.keys(localStorage).some((key) => key.startsWith("hookswitch-read")) ? true : undefined));
}

const row = (of: Page, number: keyof typeof SHOWN): Locator =>
  of.getByRole("list", { name: "Conversations" }).locator("[data-conversation]", { hasText: SHOWN[number] ?? "" });
const unread = (of: Page, number: keyof typeof SHOWN): Locator => row(of, number).locator("[data-unread]");
const filter = (of: Page): Locator => of.getByRole("search").getByRole("button", { name: "Unread" });

async function counts(of: Page, n: number): Promise<void> {
  const badge = of.getByRole("navigation").locator("[data-unread]");
  if (n === 0) await badge.waitFor({ state: "detached" });
  else await of.getByRole("navigation").locator(`[data-unread="${n}"]`).waitFor();
  await until(`the title says ${n}`, async () => ((n === 0 ? !(await of.title()).startsWith("(") : (await of.title()).startsWith(`(${n}) `)) ? true : undefined));
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  await missedCall(ANN);
  await missedCall(BOB);
  await settled(server);
  page = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("unread marks", () => {
  test("do not mark what was there before somebody came", async () => {
    await page.goto(`${server.url}/app/calls`);
    await row(page, BOB).waitFor();
    await until("the first look is kept", () => isBegun(page));
    await counts(page, 0);
    assert.equal(await page.locator("[data-unread]").count(), 0);
  });

  test("mark a conversation that is new, and one that goes on, by a shape and a word", async () => {
    await missedCall(CLEO);
    await unread(page, CLEO).waitFor();
    await counts(page, 1);
    await missedCall(ANN);
    await unread(page, ANN).getByText("Unread:").waitFor();
    await counts(page, 2);
    await page.getByRole("link", { name: /^Calls 2 unread$/ }).waitFor();
    assert.equal(await unread(page, BOB).count(), 0);
    await page.reload();
    await counts(page, 2);
    await unread(page, ANN).waitFor();
  });

  test("are seen on Live and in every room's header, and by everybody", async () => {
    const other = await anotherScreen(browser, page, { viewport: { width: 390, height: 844 } });
    for (const [place, path] of Object.entries({ live: "/app/", calls: "/app/calls", settings: "/app/settings" })) {
      await other.goto(`${server.url}${path}`);
      await isLive(other);
      await counts(other, 2);
      await screenshot(other, `unread-${place}-phone-light`);
      await isAccessible(other);
    }
    await other.context().close();
    await page.goto(`${server.url}/app/`);
    await page.locator("[data-conversation]", { hasText: SHOWN[CLEO] ?? "" }).locator("[data-unread]").waitFor();
  });

  test("go when the conversation is opened, in all pages of the browser", async () => {
    const other = await page.context().newPage();
    await other.goto(`${server.url}/app/calls`);
    await unread(other, ANN).waitFor();
    await page.bringToFront();
    await page.goto(`${server.url}/app/calls`);
    await unread(page, ANN).waitFor();
    await screenshot(page, "unread-calls-desktop-light");
    await row(page, ANN).click();
    await unread(page, ANN).waitFor({ state: "detached" });
    await counts(page, 1);
    await unread(other, ANN).waitFor({ state: "detached" });
    await counts(other, 1);
    await other.close();
  });

  test("do not come back by a call in the conversation that is looked at", async () => {
    const timeline = page.getByRole("region", { name: "Conversation", exact: true });
    await missedCall(ANN);
    await timeline.getByText("Missed: nobody answered").nth(2).waitFor();
    await counts(page, 1);
    assert.equal(await unread(page, ANN).count(), 0);
  });

  test("narrow the list, which keeps the one that is open", async () => {
    await missedCall(BOB);
    await counts(page, 2);
    await filter(page).click();
    await page.waitForURL((url) => url.searchParams.get("unread") === "true");
    await unread(page, BOB).waitFor();
    await unread(page, CLEO).waitFor();
    await page.getByText("3 conversations", { exact: true }).waitFor(); // Ann's is open
    await row(page, BOB).click();
    await row(page, ANN).waitFor({ state: "detached" });
    await page.getByText("2 conversations", { exact: true }).waitFor();
    await unread(page, BOB).waitFor({ state: "detached" });
    const saved = page.waitForEvent("download");
    await page.getByRole("region", { name: "Conversations" }).getByRole("button", { name: "Export CSV" }).click();
    const table = await readFile(await (await saved).path(), "utf8");
    assert.equal(table.trim().split("\r\n").length, 3, table); // the names of the columns, too
    await missedCall(ANN);
    await unread(page, ANN).waitFor();
    await counts(page, 2);
  });

  test("are all taken away at once", async () => {
    await page.goto(`${server.url}/app/calls`);
    await counts(page, 2);
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await counts(page, 0);
    assert.equal(await page.locator("[data-unread]").count(), 0);
    await page.getByRole("button", { name: "Mark all as read" }).waitFor({ state: "detached" });
    await filter(page).click();
    await page.getByText("Nothing unread").waitFor();
    await missedCall(BOB);
    await unread(page, BOB).waitFor();
    await counts(page, 1);
  });

  test("start anew in another browser", async () => {
    const { cookies } = await page.context().storageState();
    const stranger = await browser.newContext({ storageState: { cookies, origins: [] } });
    const other = await stranger.newPage();
    await other.goto(`${server.url}/app/calls`);
    await row(other, BOB).waitFor();
    await until("the first look is kept", () => isBegun(other));
    await counts(other, 0);
    await stranger.close();
  });
});
