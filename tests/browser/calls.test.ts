// The view of all calls: a long list, narrowed and walked by key, and the timeline beside it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { get } from "../lib/api.ts";
import { DESKTOP, WIDE, isAt, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

/** More than a page of the API and than a screen. */
const CROWD = 130;
const MOST_NODES = 600;

let server: Server;
let browser: Browser;
let page: Page;

function numberOf(i: number): string {
  return `+1202555${String(1000 + i)}`;
}

async function missedCall(from: string): Promise<FakeCall> {
  const call = new FakeCall(server, from);
  await call.arrives();
  await call.status("no-answer");
  return call;
}

async function answeredCall(from: string): Promise<FakeCall> {
  const call = new FakeCall(server, from);
  const leg = new FakeCall(server, from, "sip:dispatcher@example.sip.us1.twilio.com", call);
  await call.arrives();
  for (const status of ["ringing", "in-progress"]) await leg.status(status);
  await leg.status("completed", { CallDuration: "29" });
  await call.dialEnds(leg, "completed");
  await call.status("completed", { CallDuration: "35" });
  return call;
}

const list = () => page.getByRole("list", { name: "Conversations" });
const rows = () => list().locator("[data-conversation]");
const count = (n: number) => page.getByText(`${String(n)} conversation${n === 1 ? "" : "s"}`, { exact: true }).waitFor();

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  for (let i = 0; i < CROWD; i++) await missedCall(numberOf(i));
  await answeredCall("+15085140320");
  await settled(server);
  page = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("the view of all calls", () => {
  test("lists every conversation, and draws only those in sight", async () => {
    await page.goto(`${server.url}/app/calls`);
    await count(CROWD + 1);
    await rows().first().waitFor();
    for (const viewport of [WIDE, DESKTOP]) {
      await page.setViewportSize(viewport);
      const [drawn, nodes] = [await rows().count(), await list().locator("*").count()];
      assert.ok(drawn < 40, `${String(drawn)} rows`);
      assert.ok(nodes <= MOST_NODES, `${String(nodes)} nodes`);
    }
    await list().locator("..").evaluate((frame) => frame.scrollTo({ top: frame.scrollHeight }));
    await list().locator(`[data-index="${CROWD}"] a`).waitFor();
    await page.getByRole("button", { name: "To the newest" }).click();
    await list().locator('[data-index="0"] a').waitFor();
  });

  test("finds by number, keeps the search in the address, and says when nothing matches", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("(508) 514");
    await count(1);
    await page.waitForURL((url) => url.searchParams.get("q") === "(508) 514"); // fewer keys find as much
    await page.reload();
    await count(1);
    await page.getByRole("searchbox").fill("nobody at all");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await count(CROWD + 1);
  });

  test("shows those that were missed, and goes back", async () => {
    await page.getByRole("button", { name: "Missed" }).click();
    await count(CROWD);
    await isAt(page, "/app/calls?missed=true");
    await page.getByRole("combobox", { name: "Outcome" }).selectOption("completed");
    await page.getByText("Nothing matches").waitFor();
    await page.goBack();
    await page.goBack();
    await count(CROWD + 1);
  });

  test("is walked by key, and shows the timeline of the row that is opened", async () => {
    await page.goto(`${server.url}/app/calls`);
    await rows().first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    assert.equal(await page.evaluate(() => document.activeElement?.closest("[data-index]")?.getAttribute("data-index")), "0");
    await page.keyboard.press("Enter");
    const timeline = page.getByRole("region", { name: "Conversation", exact: true });
    await timeline.getByText("Answered after 0:06, talked 0:29").waitFor();
    await page.waitForURL(/\/app\/calls\/\d+$/);
    await page.reload();
    await timeline.getByText("Answered after 0:06, talked 0:29").waitFor();
  });

  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset["conversation"]);
  const scrollTo = (top: number) => list().locator("..").evaluate((frame, to) => { frame.scrollTo({ top: to }); }, top);

  /** The fourth conversation is open, and its row far out of sight; its id. */
  async function openAndScrollAway(): Promise<string> {
    await page.goto(`${server.url}/app/calls`);
    const row = page.locator('[data-index="3"] a');
    const id = (await row.getAttribute("data-conversation")) ?? assert.fail("no conversation");
    await row.click();
    await page.getByRole("region", { name: "Conversation", exact: true }).locator("ul > li a").first().focus();
    await scrollTo(100_000);
    await page.locator(`[data-conversation="${id}"]`).waitFor({ state: "detached" });
    return id;
  }

  test("leads back to the row of what is closed by Escape, also when it is far out of sight and others came in above it", async () => {
    const id = await openAndScrollAway();
    await missedCall("+13105550109");
    await count(CROWD + 2);
    await page.keyboard.press("Escape");
    await until("the row has the focus", async () => ((await focused()) === id ? true : undefined));
    assert.equal(await page.locator(`[data-index="4"] a`).getAttribute("data-conversation"), id);
    await isAt(page, "/app/calls");
    await page.keyboard.press("j");
    assert.equal(await page.evaluate(() => document.activeElement?.closest("[data-index]")?.getAttribute("data-index")), "5");
  });

  test("leads nobody back who scrolls on meanwhile", async () => {
    await openAndScrollAway();
    const topOf = () => list().locator("..").evaluate((frame) => frame.scrollTop);
    const top = await topOf();
    await page.evaluate(() => {
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
      window.dispatchEvent(new WheelEvent("wheel")); // before anything is drawn
    });
    await page.getByText("Choose a conversation").waitFor();
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    assert.equal(await topOf(), top);
    assert.equal(await focused(), undefined);
  });

  test("leaves the focus on a row that moves", async () => {
    await page.goto(`${server.url}/app/calls`);
    const row = page.locator('[data-index="5"] a');
    const id = (await row.getAttribute("data-conversation")) ?? assert.fail("no conversation");
    await row.focus();
    const detail = await get<{ external_id: string }>(server, `/api/conversations/${id}`);
    await missedCall(detail.external_id);
    await page.locator(`[data-index="0"] a[data-conversation="${id}"]`).waitFor();
    assert.equal(await focused(), id);
  });

  test("keeps the place of somebody who reads on while calls come in", async () => {
    await page.goto(`${server.url}/app/calls`);
    await rows().first().waitFor();
    const frame = list().locator("..");
    await frame.evaluate((element) => element.scrollTo({ top: 1200 }));
    const row = page.locator('[data-index="22"] a');
    await row.waitFor();
    const name = await row.innerText();
    const placeOf = () =>
      rows().evaluateAll((links, text) => (links as HTMLElement[]).find((link) => link.innerText === text)?.getBoundingClientRect().top, name);
    const place = await placeOf();
    assert.ok(place !== undefined);

    await missedCall("+13105550100");
    await count(CROWD + 3);
    await page.locator('[data-index="23"] a').filter({ hasText: name.split("\n")[0] ?? "" }).waitFor();
    assert.equal(await placeOf(), place);
  });

  test("is found by the addresses of old, without a step to go back to", async () => {
    await page.goto(`${server.url}/app/settings`);
    await page.goto(`${server.url}/app/?conversation=1`);
    await page.getByRole("region", { name: "Conversation", exact: true }).getByRole("heading").first().waitFor();
    await isAt(page, "/app/calls/1");
    await page.goBack();
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    await page.goto(`${server.url}/app/?view=inbox`);
    await page.getByRole("group", { name: "Show" }).or(page.getByRole("radiogroup", { name: "Show" })).waitFor();
    await isAt(page, "/app/inbox");
  });

  test("loses no row between two pages and shows none twice while calls come in", async () => {
    await page.goto(`${server.url}/app/calls`);
    await rows().first().waitFor();
    await list().locator("..").evaluate((frame) => frame.scrollTo({ top: 94 * 60 }));
    await page.locator('[data-index="104"] a').waitFor();
    for (const number of ["+13105550101", "+13105550102", numberOf(3)]) await missedCall(number);
    await count(CROWD + 5);
    await page.waitForFunction(async () => {
      const pages = await Promise.all([1, 2].map((at) => fetch(`/api/conversations?limit=100&page=${String(at)}`)));
      const answers = (await Promise.all(pages.map((answer) => answer.json()))) as { conversations: { id: string }[] }[];
      const ids = answers.flatMap(({ conversations }) => conversations.map(({ id }) => id));
      const drawn = [...document.querySelectorAll<HTMLElement>("[data-index]")].filter((row) => row.querySelector("a"));
      const at = drawn.map((row) => Number(row.dataset["index"]));
      const isAcross = Math.min(...at) < 100 && Math.max(...at) >= 100;
      return isAcross && drawn.every((row, i) => row.querySelector<HTMLElement>("a")?.dataset["conversation"] === ids[at[i] ?? -1]);
    });
  });

  test("says so when the list cannot be loaded, and loads it on request", async () => {
    const stranger = await browser.newContext({ storageState: await page.context().storageState() });
    const other = await stranger.newPage();
    let refuse = true;
    await other.route("**/api/conversations?*", (route) =>
      refuse ? route.fulfill({ status: 403, json: { error: { code: "FORBIDDEN", human_title: "calls.read is missing", human_how_to_fix: [], details: { trace_id: "t" } } } }) : route.continue(),
    );
    await other.goto(`${server.url}/app/calls`);
    await other.getByText("You may not see this").waitFor();
    refuse = false;
    await other.reload();
    await other.locator("[data-conversation]").first().waitFor();
    await stranger.close();
  });
});
