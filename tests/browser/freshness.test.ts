// What is shown stays true: through a cut in the wrong moment, a tab that slept, a long absence, a second
// tab, and another history. Each ends by holding the page against the API.
import assert from "node:assert/strict";
import { copyFile, rm } from "node:fs/promises";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { get } from "../lib/api.ts";
import { isLive, openBrowser, showsStatus, signIn } from "../lib/browser.ts";
import { Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled, tool } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";

/** More than a page is willing to read one by one. */
const MISSED = Number(process.env["MISSED"] ?? 8_000);
const STEP = 1_000;

type Active = { calls: { twilio_sid: string; parent_call_sid: string | null; display_status: string }[] };

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());
beforeEach(async () => {
  server = await startServer();
  page = await signIn(browser, server);
});
afterEach(async () => {
  await page.context().close();
  await server.remove();
});

async function ringingCall(from: string): Promise<FakeCall> {
  const call = new FakeCall(server, from);
  await call.arrives();
  return call;
}

/** The page shows each call that is going on, as the API has it, and no other. */
async function showsTheTruth(of: Page): Promise<void> {
  const { calls } = await get<Active>(server, "/api/calls/active");
  const shown = of.locator("[data-sid]:not([data-final])");
  for (const call of calls) await showsStatus(of, call.twilio_sid, call.display_status);
  assert.equal(await shown.count(), calls.length);
}

/** So many events of other calls, which all end. */
async function send(events: number): Promise<void> {
  const load = new Load(server);
  try {
    for (let n = 0; n < events; n += STEP) await load.more(STEP);
  } finally {
    await load.end();
    await load.remove();
  }
}

/**
 * Chromium freezes no tab that a test looks at, so the page's scripts are stopped where they stand: nothing
 * is drawn, though the clocks of its calls run and events come.
 */
async function asleep(meanwhile: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    document.body.dataset["drawn"] = "0";
    new MutationObserver(() => {
      document.body.dataset["drawn"] = String(Number(document.body.dataset["drawn"]) + 1);
    }).observe(document.querySelector("main") ?? document.body, { subtree: true, childList: true, characterData: true });
  });
  await page.locator('body:not([data-drawn="0"])').waitFor({ state: "attached" }); // awake it draws
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Debugger.enable");
  const stopped = new Promise<string>((resolve) => devtools.once("Debugger.paused", ({ callFrames }) => resolve(callFrames[0]?.callFrameId ?? "")));
  await devtools.send("Debugger.pause");
  const callFrameId = await stopped;
  const drawn = async (): Promise<unknown> => {
    const { result } = await devtools.send("Debugger.evaluateOnCallFrame", { callFrameId, expression: "document.body.dataset.drawn" });
    return result.value;
  };
  const then = await drawn();
  await meanwhile();
  assert.equal(await drawn(), then, "the page was not asleep");
  await devtools.send("Debugger.resume");
  await devtools.detach();
}

describe("freshness", () => {
  test("a change between the snapshot and the stream is shown, though the first stream is cut", async () => {
    const call = await ringingCall("+15085140340");
    await settled(server);
    let cut = 0;
    await page.route("**/events/calls*", (route) => (cut++ === 0 ? route.abort() : route.continue()));
    await page.route("**/api/calls/active", async (route) => {
      const snapshot = await route.fetch();
      await call.status("in-progress");
      await settled(server);
      await route.fulfill({ response: snapshot });
    }, { times: 1 });
    await page.reload();
    await showsStatus(page, call.sid, "in-progress");
    await isLive(page);
    assert.ok(cut >= 2, "the stream was not opened again");
    await showsTheTruth(page);
  });

  test("a tab that slept shows what happened meanwhile", async () => {
    const before_ = await ringingCall("+15085140341");
    await showsStatus(page, before_.sid, "ringing");
    let new_: FakeCall | undefined;
    await asleep(async () => {
      await before_.status("completed", { CallDuration: "3" });
      new_ = await ringingCall("+15085140342");
      await settled(server);
    });
    await showsStatus(page, new_?.sid ?? "", "ringing");
    await showsTheTruth(page);
  });

  test(`${String(MISSED)} missed updates leave nothing stale, and one's place as it was`, async () => {
    const call = await ringingCall("+15085140343");
    await page.goto(`${server.url}/app/?call=${call.sid}`);
    const panel = page.getByRole("dialog", { name: "Call" });
    await panel.getByText("Ringing").first().waitFor();
    await isLive(page);
    await asleep(async () => {
      await send(MISSED);
      await call.status("in-progress");
      await settled(server);
    });
    await panel.getByText("Talking").first().waitFor();
    await isLive(page);
    await page.keyboard.press("Escape");
    await showsTheTruth(page);
  });

  /** What cannot be asked for any more, although something has changed, is marked, that alone, until it can be: no event has to come. */
  async function marksWhatIsOwed(path: string, owed: Locator, others: Locator, change: () => Promise<void>): Promise<void> {
    const asOf = owed.getByText(/^as of \d+:\d\d:\d\d/);
    await page.route(path, (route) => route.fulfill({ status: 503, body: "{}" }));
    await change();
    await asOf.waitFor();
    await settled(server);
    assert.equal(await others.getByText(/^as of/).count(), 0, "what is well was marked");
    await page.unroute(path);
    await asOf.waitFor({ state: "detached" });
  }

  test("a list that cannot be asked for after an event says as of when it is", async () => {
    const call = await ringingCall("+15085140348");
    await showsStatus(page, call.sid, "ringing");
    const list = page.getByRole("region", { name: "Recent conversations" });
    await list.getByRole("listitem").first().waitFor();
    await marksWhatIsOwed("**/api/conversations?limit*", list, page.getByRole("region", { name: "Active calls" }), () => call.status("in-progress"));
  });

  test("a call that cannot be asked for after an event says as of when it is", async () => {
    const call = await ringingCall("+15085140349");
    await showsStatus(page, call.sid, "ringing");
    await page.goto(`${server.url}/app/?call=${call.sid}`);
    const panel = page.getByRole("dialog", { name: "Call" });
    await panel.getByText("Ringing").first().waitFor();
    await isLive(page);
    await marksWhatIsOwed(`**/api/calls/${call.sid}`, panel, page.getByRole("main"), () => call.status("in-progress"));
  });

  for (const status of [403, 500, 503])
    test(`a feed that answers ${String(status)} from the start is told of, and asked again`, async () => {
      let isThere = false;
      const error = { code: "X", human_title: "Not at this time", human_how_to_fix: ["Wait for the moon"], details: { trace_id: "t1" } };
      await page.route("**/api/events?after_seq=*", (route) => (isThere ? route.continue() : route.fulfill({ status, json: { error } })));
      await page.reload();
      const face = page.getByRole("alert");
      await face.getByText("Not at this time").waitFor();
      await face.getByText("Wait for the moon").waitFor();
      assert.equal(await face.getByRole("button", { name: "Try again" }).count(), status === 403 ? 0 : 1);
      isThere = true;
      await isLive(page);
      await face.waitFor({ state: "detached" });
    });

  test("two tabs show the same; signed out in one is signed out in both", async () => {
    const second = await page.context().newPage();
    await second.goto(`${server.url}/app/`);
    await isLive(second);
    const call = await ringingCall("+15085140344");
    for (const tab of [page, second]) await showsStatus(tab, call.sid, "ringing");
    await second.getByRole("button", { name: "Sign out" }).click();
    await second.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  test("a restored database is another history: the page shows that, not the one that is gone", async () => {
    const file = (server.env["DATABASE_URL"] ?? "").replace("sqlite:", "");
    const kept = await ringingCall("+15085140345");
    await showsStatus(page, kept.sid, "ringing");
    await settled(server);
    await server.stop();
    await copyFile(file, `${file}.backup`);
    await server.start();
    await isLive(page);
    const gone = await ringingCall("+15085140346");
    await kept.status("in-progress");
    await showsStatus(page, gone.sid, "ringing");
    await showsStatus(page, kept.sid, "in-progress");

    await server.stop();
    for (const tail of ["-wal", "-shm"]) await rm(file + tail, { force: true });
    await copyFile(`${file}.backup`, file);
    assert.equal((await tool(server, "feed", "new-epoch")).code, 0);
    await server.start();
    await showsStatus(page, kept.sid, "ringing");
    await page.locator(`[data-sid="${gone.sid}"]`).waitFor({ state: "detached" });
    await isLive(page);
    const next = await ringingCall("+15085140347");
    await showsStatus(page, next.sid, "ringing");
    await showsTheTruth(page);
  });
});
