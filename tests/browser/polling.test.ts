// Without push the page reads the same feed as pages: later, and as complete; and it comes back to the stream.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { get } from "../lib/api.ts";
import { PATIENCE_MS, TALL, isLive, openBrowser, showsStatus } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { tool } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

/** After so long the page asks anew whether it may have a stream, whatever it remembers. */
const ASKS_ANEW_MS = 61_000;

let server: Server;
let browser: Browser;
let page: Page;

const isPolling = (): Promise<void> => page.locator('[data-connection="polling"]').waitFor();

async function open(env: Record<string, string>, prepare: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  server = await startServer(env);
  browser = await openBrowser();
  page = await browser.newPage({ viewport: TALL });
  page.setDefaultTimeout(PATIENCE_MS);
  await prepare();
  await page.goto(server.loginLink);
}

async function close(): Promise<void> {
  await browser.close();
  await server.remove();
}

describe("where push is switched off", () => {
  before(() => open({ REALTIME_PUSH_ENABLED: "false" }));
  after(close);

  test("calls are shown", async () => {
    await isPolling();
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await showsStatus(page, call.sid, "ringing");
    await call.status("in-progress");
    await showsStatus(page, call.sid, "in-progress");
  });
});

describe("from the stream to pages and back", () => {
  const calls: FakeCall[] = [];
  const flow = async (n: number): Promise<void> => {
    const some = Array.from({ length: n }, (_, i) => new FakeCall(server, `+1508514${String(1000 + calls.length + i)}`));
    calls.push(...some);
    for (const call of some) await call.arrives();
  };
  /** Each call once, and no other. */
  const showsAll = async (): Promise<void> => {
    for (const { sid } of calls) await showsStatus(page, sid, "ringing");
    const shown = await page.locator("[data-sid]:not([data-final])").evaluateAll((cards) => cards.map((card) => (card as HTMLElement).dataset["sid"]));
    assert.deepEqual(shown.sort(), calls.map(({ sid }) => sid).sort());
  };
  const push = async (value: string): Promise<void> => {
    assert.equal((await tool(server, "flags", "set", `realtime_push_enabled=${value}`)).code, 0);
    await until("the server obeys", async () => {
      const { features } = await get<{ features: { realtime_push: boolean } }>(server, "/api/me");
      return features.realtime_push === (value === "on") ? true : undefined;
    });
  };

  before(() => open({}, () => page.clock.install()));
  after(close);

  test("nothing is lost, and nothing stands twice", async () => {
    await isLive(page);
    await flow(5);
    await showsAll();

    const flowing = flow(10);
    await push("off");
    await flowing;
    await page.locator('[data-connection]:not([data-connection="live"])').waitFor(); // the stream was ended under way
    await page.clock.fastForward(ASKS_ANEW_MS);
    await isPolling();
    await flow(5);
    await showsAll();

    const meanwhile = flow(10);
    await push("on");
    await meanwhile;
    await page.clock.fastForward(ASKS_ANEW_MS);
    await isLive(page);
    await flow(5);
    await showsAll();
    assert.equal(calls.length, 35);
  });
});
