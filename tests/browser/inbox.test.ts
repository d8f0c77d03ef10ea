// The inbox: what was received with its state, dead letters by their reason, and their replay, by mouse and by key.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Browser, Locator, Page, Route } from "playwright-core";
import { DESKTOP, anotherScreen, isAt, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { FakeCall, deliverPoison } from "../lib/twilio.ts";

const N_POISON = 3;
/** More than is sent at once, and than a page of a list that is not long. */
const N_MENDED = 60;
/** However long the selection is. */
const MOST_RESULT_NODES = 200;
const MENDED = "the bug of yesterday";

let server: Server;
let browser: Browser;
let page: Page;

/** Events that were dead letters by a bug which is mended: a replay applies them. */
function makeMended(): Promise<void> {
  return sql(server, `UPDATE webhook_inbox SET processing_status = 'dead_letter', error = '${MENDED}' WHERE processing_status = 'completed';`);
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
  for (let n = 0; n < N_MENDED; n++) await new FakeCall(server, `+1202555${String(1000 + n)}`).arrives();
  await settled(server);
  await makeMended();
  for (let n = 0; n < N_POISON; n++) await deliverPoison(server);
  await settled(server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

const letters = (): Locator => page.locator('[data-status="dead_letter"]');
const group = (reason: string): Locator => page.locator(`[data-group*="${reason}"]`);
const panel = (): Locator => page.getByRole("region", { name: "Replay" });
const focused = (): Promise<string | undefined> =>
  page.evaluate(() => document.activeElement?.closest<HTMLElement>("[data-index]")?.dataset["index"]);

async function openDeadLetters(): Promise<void> {
  await page.goto(`${server.url}/app/inbox?state=dead_letter`);
  await group("CallSid").waitFor();
}

async function replayed(act: () => Promise<void>): Promise<void> {
  const answer = page.waitForResponse((response) => response.url().endsWith("/reprocess"));
  await act();
  assert.equal((await answer).status(), 202);
}

describe("the inbox", () => {
  test("shows what was received, with its state, attempts and age", async () => {
    await page.getByRole("link", { name: "Inbox" }).click();
    const letter = letters().first();
    await letter.getByText("Dead letter").waitFor();
    await letter.getByText("1 attempt").waitFor();
    await letter.getByText("CallSid").waitFor();
    await letter.locator("time[title]").getByText(/ago|just now/).waitFor();
  });

  test("narrows to a state, keeps that in the address, and says when there is nothing", async () => {
    await page.getByText("Retrying", { exact: true }).click();
    await page.getByText("Nothing is being retried").waitFor();
    await isAt(page, "/app/inbox?state=failed");
    await page.reload();
    await page.getByText("Nothing is being retried").waitFor();
    await page.getByText("Waiting", { exact: true }).click();
    await page.getByText("Nothing waits").waitFor();
    await page.goBack();
    await page.getByText("Nothing is being retried").waitFor();
  });

  test("groups dead letters by their reason, and keeps the open group in the address", async () => {
    await page.getByText("Dead letters", { exact: true }).click();
    await group("CallSid").getByText(`${N_POISON} events`).waitFor();
    await group(MENDED).getByText(`${N_MENDED} events`).waitFor();
    assert.equal(await letters().count(), 0);
    await group("CallSid").getByRole("link").click();
    await letters().nth(N_POISON - 1).waitFor();
    await page.reload();
    await letters().nth(N_POISON - 1).waitFor();
    assert.equal(await letters().count(), N_POISON);
    await group("CallSid").getByRole("link", { expanded: true }).click();
    await letters().first().waitFor({ state: "detached" });
  });

  test("replays one, and tells that it is a dead letter again, and why", async () => {
    await group("CallSid").getByRole("link").click();
    await replayed(() => letters().first().getByRole("button", { name: /^Replay event/ }).click());
    const result = panel().locator('[data-outcome="dead"]');
    await result.getByText("CallSid").waitFor();
    await panel().getByText("0 went through, 1 is a dead letter again.").waitFor();
    await panel().getByRole("button", { name: "Dismiss" }).press("Enter");
    await panel().waitFor({ state: "detached" });
    assert.equal(await focused(), "1", "the focus is where that letter is, or was");
  });

  test("replays all of a reason after asking", async () => {
    await group("CallSid").getByRole("button", { name: /^Replay these/ }).click();
    await page.getByRole("dialog").getByText("3 events go back").waitFor();
    await replayed(() => page.getByRole("button", { name: "Replay them" }).click());
    await panel().getByText(`${N_POISON} are dead letters again`).waitFor();
    const results = panel().locator('[data-outcome="dead"]');
    await results.nth(N_POISON - 1).getByText("CallSid").waitFor();
    assert.equal(await results.count(), N_POISON);
    await panel().getByRole("button", { name: "Dismiss" }).click();
    await group(MENDED).getByText(`${N_MENDED} events`).waitFor();
  });

  test("replays all of them after asking, and tells how it went", async () => {
    await page.getByRole("button", { name: `Replay all ${N_POISON + N_MENDED}` }).click();
    await replayed(() => page.getByRole("button", { name: "Replay them" }).click());
    await panel().getByText(`${N_MENDED} went through, ${N_POISON} are dead letters again`).waitFor();
    await panel().locator('[data-outcome="done"]').first().waitFor();
    const results = panel().getByRole("list", { name: "Results" });
    await results.locator("..").evaluate((frame) => { frame.scrollTo({ top: frame.scrollHeight }); });
    await results.locator(`[data-index="${N_MENDED + N_POISON - 1}"] [data-outcome="dead"]`).waitFor();
    await panel().getByRole("button", { name: "Dismiss" }).press("Enter");
    await panel().waitFor({ state: "detached" });
    assert.equal(await focused(), "0", "the focus is in the list");
    await group(MENDED).waitFor({ state: "detached" });
  });

  test("shows one in detail, with what was received", async () => {
    await openDeadLetters();
    await group("CallSid").getByRole("link").click();
    await letters().first().getByRole("link").click();
    const dialog = page.getByRole("dialog", { name: "Received event" });
    await dialog.getByText("Nothing was written to a call's log.").waitFor();
    await dialog.getByText("CallStatus").waitFor();
    await page.reload();
    await dialog.getByText("CallStatus").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await letters().first().waitFor();
  });
});

describe("a selection", () => {
  afterEach(() => page.unrouteAll()); // whatever became of the test

  before(async () => {
    await makeMended();
    await openDeadLetters();
    await group(MENDED).getByText(`${N_MENDED} events`).waitFor();
  });

  test("takes rows one by one, and up to there with Shift", async () => {
    await group("CallSid").getByRole("link").click();
    const boxes = letters().getByRole("checkbox");
    await boxes.first().click();
    await boxes.nth(N_POISON - 1).click({ modifiers: ["Shift"] });
    await page.getByText(`${N_POISON} selected`).waitFor();
    assert.ok(await group("CallSid").getByRole("checkbox").isChecked());
    await boxes.nth(1).click();
    await page.getByText(`${N_POISON - 1} selected`).waitFor();
    assert.ok(await group("CallSid").getByRole("checkbox").evaluate((box) => (box as HTMLInputElement).indeterminate));
    await page.getByRole("button", { name: "Select none" }).click();
    await page.getByText(/\d selected/).waitFor({ state: "detached" });
  });

  test("is made, replayed and opened by key", async () => {
    await openDeadLetters();
    await page.keyboard.press("j");
    assert.equal(await focused(), "0");
    await page.keyboard.press("Enter");
    await letters().nth(N_POISON - 1).waitFor();
    for (const key of ["j", "x", "j", "j", "x"]) await page.keyboard.press(key);
    assert.equal(await focused(), "3");
    await page.getByText("2 selected").waitFor();
    await replayed(() => page.keyboard.press("r"));
    await panel().getByText("0 went through, 2 are dead letters again.").waitFor();
    assert.equal(await panel().locator('[data-outcome="dead"]').count(), 2);
    await panel().getByRole("button", { name: "Dismiss" }).click();
    await letters().nth(N_POISON - 1).waitFor();
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Received event" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  test("takes a group as a whole, is stopped without losing anything, and goes on", async () => {
    await openDeadLetters();
    await group(MENDED).getByRole("checkbox").click();
    await page.getByText(`${N_MENDED} selected`).waitFor();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = async (route: Route): Promise<void> => {
      await held;
      await route.continue();
    };
    await page.route("**/api/events?ids=*", hold);
    await page.getByRole("button", { name: `Replay ${N_MENDED}` }).click();
    await panel().locator('[data-outcome="waiting"]').first().waitFor();
    await panel().getByText(`Replayed 0 of ${N_MENDED}`).waitFor();
    assert.equal(await panel().getByRole("button", { name: "Dismiss" }).count(), 0, "what is still to be sent is not dropped");
    await panel().getByRole("button", { name: "Stop" }).press("Enter");
    await panel().getByRole("button", { name: "Dismiss" }).waitFor();
    release();
    await panel().getByText("Stopped: 50 sent, 10 left as they were.").waitFor();
    const results = panel().getByRole("list", { name: "Results" });
    assert.ok((await results.locator("*").count()) <= MOST_RESULT_NODES);
    await results.locator("..").evaluate((frame) => { frame.scrollTo({ top: 48 * 36 }); });
    await results.locator('[data-index="50"] [data-outcome="unsent"]').waitFor();
    await results.locator('[data-index="49"] [data-outcome="done"]').waitFor();
    assert.ok((await results.locator("*").count()) <= MOST_RESULT_NODES);
    await group(MENDED).getByText("10 events").waitFor();
    await panel().getByRole("button", { name: "Go on with the rest" }).press("Enter");
    await panel().getByText(`All ${N_MENDED} went through.`).waitFor();
    await group(MENDED).waitFor({ state: "detached" });
    assert.ok(await panel().getByRole("button", { name: "Dismiss" }).evaluate((button) => button === document.activeElement), "the focus is not lost with Go on and Stop");
  });

  test("goes on while one is elsewhere, who sees how far it is and comes back to it", async () => {
    await makeMended();
    await openDeadLetters();
    await group(MENDED).getByRole("checkbox").click();
    const n = Number(/\d+/.exec(await page.getByText(/^\d+ selected$/).innerText())?.[0]);
    assert.ok(n > 50, String(n));
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = async (route: Route): Promise<void> => {
      await held;
      await route.continue();
    };
    await page.route("**/api/events?ids=*", hold);
    await page.getByRole("button", { name: `Replay ${String(n)}`, exact: true }).click();
    await panel().locator('[data-outcome="waiting"]').first().waitFor();

    const notice = page.getByRole("complementary", { name: "Replay" });
    assert.equal(await notice.count(), 0);
    await page.getByRole("navigation").getByRole("link", { name: "Calls" }).click();
    await notice.getByText(`Replayed 0 of ${String(n)}`).waitFor();
    await notice.getByRole("button", { name: "Stop" }).waitFor();
    assert.equal(await notice.getByRole("button", { name: "Dismiss" }).count(), 0, "what is still to be sent is not dropped");
    const asked = page.waitForEvent("dialog");
    void page.evaluate(() => {
      window.location.reload();
    });
    const dialog = await asked;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();

    release();
    await notice.getByText(`All ${String(n)} went through.`).waitFor();
    await screenshot(page, "replay-elsewhere-desktop-light");
    await notice.getByRole("link", { name: "Inbox" }).click();
    await panel().getByText(`All ${String(n)} went through.`).waitFor();
    await notice.waitFor({ state: "detached" });
    await panel().getByRole("button", { name: "Dismiss" }).click();
    await page.getByRole("navigation").getByRole("link", { name: "Calls" }).click();
    await page.getByRole("search").waitFor();
    assert.equal(await notice.count(), 0);
  });

  test("says what is wrong when it cannot be looked at, and is put away without waiting for it", async () => {
    await openDeadLetters();
    await page.route("**/api/events?ids=*", (route) => route.abort());
    await group("CallSid").getByRole("checkbox").click();
    await page.getByRole("button", { name: `Replay ${N_POISON}` }).click();
    await panel().getByRole("alert").getByText("The server cannot be reached").waitFor();
    assert.ok(await panel().getByRole("button", { name: "Stop" }).isDisabled(), "there is nothing to be stopped");
    await panel().getByRole("button", { name: "Dismiss" }).click();
    await panel().waitFor({ state: "detached" });
    await settled(server);
  });

  test("says beside one what is wrong with its replay, and how to mend it", async () => {
    await openDeadLetters();
    await group("CallSid").getByRole("link").click();
    await letters().first().getByRole("link").click();
    const dialog = page.getByRole("dialog", { name: "Received event" });
    await page.route("**/api/events/*/reprocess", (route) => route.abort());
    await dialog.getByRole("button", { name: /^Replay event/ }).click();
    await dialog.getByRole("alert").getByText("Check that Hookswitch is running").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  test("says what is wrong when it cannot be sent, and how to mend it", async () => {
    await openDeadLetters();
    await page.route("**/api/events/reprocess", (route) => route.abort());
    await group("CallSid").getByRole("checkbox").click();
    await page.getByRole("button", { name: `Replay ${N_POISON}` }).click();
    await panel().getByRole("alert").getByText("it is not known whether this was done").waitFor();
    await panel().getByText("Check that Hookswitch is running").waitFor();
    await panel().getByText("Look whether it was done").waitFor();
    await page.unroute("**/api/events/reprocess");
    await panel().getByRole("button", { name: "Go on with the rest" }).click();
    await panel().getByText(`${N_POISON} are dead letters again`).waitFor();
  });
});

describe("the faces of the inbox", () => {
  test("one who may not replay sees everything, and why there are no buttons", async () => {
    const other = await anotherScreen(browser, page, { viewport: DESKTOP });
    await other.route("**/api/me", async (route) => {
      const answer = await route.fetch();
      const me = (await answer.json()) as { rights: string[] };
      await route.fulfill({ response: answer, json: { ...me, rights: me.rights.filter((right) => right !== "events.replay") } });
    });
    await other.goto(`${server.url}/app/inbox?state=dead_letter`);
    await other.getByText("that takes the right events.replay").waitFor();
    await other.locator("[data-group]").first().getByRole("link").click();
    await other.locator('[data-status="dead_letter"]').first().waitFor();
    const main = other.getByRole("main");
    assert.equal(await main.getByRole("checkbox").count(), 0);
    assert.equal(await main.getByRole("button", { name: /Replay/ }).count(), 0);
    await other.keyboard.press("j");
    await other.keyboard.press("x");
    assert.equal(await main.getByText(/\d selected/).count(), 0);
    const letter = await other.locator('[data-status="dead_letter"]').first().getAttribute("data-event");
    const named = other.waitForResponse((answer) => answer.url().includes("/api/events?ids="));
    await other.goto(`${server.url}/app/inbox?picked=${String(letter)}`);
    await (await named).finished();
    await other.locator("[data-event]").first().waitFor();
    assert.equal(await main.getByText(/\d selected/).count(), 0);
    assert.equal(await main.getByRole("button", { name: /Replay/ }).count(), 0);
    await other.context().close();
  });

  test("says what failed and what to do, what is forbidden, and that it is loading", async () => {
    const other = await anotherScreen(browser, page, { viewport: DESKTOP });
    const refuse = (status: number, title: string) => (route: Route) =>
      route.fulfill({ status, json: { error: { code: "X", human_title: title, human_how_to_fix: ["Turn it off and on"], details: { trace_id: "t1" } } } });
    await other.route("**/api/events/reasons*", refuse(503, "The store is away"));
    await other.route("**/api/events?processing_status=pending*", refuse(403, "This needs the right events.read"));
    await other.route("**/api/events?processing_status=failed*", () => undefined);
    await other.goto(`${server.url}/app/inbox?state=dead_letter`);
    await other.getByRole("alert").getByText("The store is away").waitFor();
    await other.getByText("Turn it off and on").waitFor();
    await other.getByRole("button", { name: "Try again" }).waitFor();
    await other.getByText("Waiting", { exact: true }).click();
    await other.getByText("You may not see this").waitFor();
    await other.getByText("Retrying", { exact: true }).click();
    await other.getByRole("main").getByText("Loading").waitFor();
    await other.context().close();
  });
});
