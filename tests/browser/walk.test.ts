// By key through every list: the cards and the conversations of Live, the calls of a conversation, the log of a call.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAt, isLive, openBrowser, showsStatus, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";

const CALLERS = ["+15085140320", "+15085140321", "+15085140322"];

let server: Server;
let browser: Browser;
let page: Page;
let missed: FakeCall;
let calls: FakeCall[];

/** Presses keys one after the other, each when the one before has been drawn. */
async function press(...keys: string[]): Promise<void> {
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

/** What the focus is on: the words of a line of a log, or which card, conversation or call. */
function focused(): Promise<string> {
  return page.evaluate(() => {
    const at = document.activeElement as HTMLElement;
    const card = at.closest<HTMLElement>("[data-sid]")?.dataset["sid"];
    return card ?? at.dataset["conversation"] ?? new URLSearchParams((at as HTMLAnchorElement).search).get("call") ?? at.innerText.split("\n")[0] ?? "";
  });
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
  missed = new FakeCall(server, CALLERS[0] ?? "");
  await missed.arrives();
  await missed.status("no-answer");
  calls = CALLERS.map((from) => new FakeCall(server, from));
  for (const call of calls) await call.arrives();
  await settled(server);
});
beforeEach(async () => {
  await page.goto(`${server.url}/app/`);
  await isLive(page);
  for (const call of calls) await showsStatus(page, call.sid, "ringing");
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** The ids of the rows that are shown, from the top. */
function conversations(): Promise<(string | undefined)[]> {
  return page.locator("[data-conversation]").evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset["conversation"]));
}

describe("j and k", () => {
  test("walk the cards of Live, and the conversations beside them", async () => {
    const cards = await page.locator("[data-sid]").evaluateAll((all) => all.map((card) => (card as HTMLElement).dataset["sid"]));
    await press("j");
    assert.equal(await focused(), cards[0]);
    await press("j", "ArrowDown", "j", "j");
    assert.equal(await focused(), cards[2]);
    await press("k");
    assert.equal(await focused(), cards[1]);

    const [first, second] = await conversations();
    await press("ArrowRight");
    assert.equal(await focused(), first);
    await press("j");
    assert.equal(await focused(), second);
    await press("ArrowLeft");
    assert.equal(await focused(), cards[1]);
    await press("Enter");
    await page.getByRole("dialog", { name: "Call" }).waitFor();
    await press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  test("walk the calls of a conversation that is open, which Escape closes", async () => {
    await page.goto(`${server.url}/app/calls`);
    await page.locator("[data-conversation]").first().waitFor();
    const ids = await conversations();
    await press("j", "j", "j");
    assert.equal(await focused(), ids[2]);
    await press("Enter");
    const timeline = page.getByRole("region", { name: "Conversation", exact: true });
    await timeline.getByRole("listitem").nth(1).waitFor();
    await press("k");
    assert.equal(await focused(), ids[1]);
    await press("ArrowRight", "j");
    assert.equal(await focused(), missed.sid);
    await press("k");
    assert.equal(await focused(), calls[0]?.sid);

    await press("Enter");
    const panel = page.getByRole("dialog", { name: "Call" });
    await panel.getByText("Event log").waitFor();
    await press("Escape"); // the panel alone
    await panel.waitFor({ state: "detached" });
    await timeline.getByRole("listitem").first().waitFor();
    await isAt(page, `/app/calls/${String(ids[2])}`);
    await press("Escape");
    await page.waitForURL("**/app/calls");
    assert.equal(await focused(), ids[2]);
  });

  test("walk the log of a call in its panel, and on its page, where Escape leads back to now", async () => {
    await page.goto(`${server.url}/app/?call=${missed.sid}`);
    await page.getByRole("dialog", { name: "Call" }).getByText("Event log").waitFor();
    await press("j");
    assert.equal(await focused(), "Call started: ringing");
    await press("j");
    assert.match(await focused(), /no answer/);
    await press("k");
    assert.equal(await focused(), "Call started: ringing");

    await page.goto(`${server.url}/app/call/${missed.sid}`);
    await page.getByText("Event log").waitFor();
    await press("j", "Enter");
    await page.waitForURL("**as_of=*");
    await press("Escape");
    await page.waitForURL(`**/app/call/${missed.sid}`);
  });

  test("are told by the sheet", async () => {
    await press("?");
    await page.getByRole("dialog", { name: "Keys" }).getByText("To the list on the left").waitFor();
    await press("Escape");
  });
});
