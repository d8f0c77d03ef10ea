// A wire that fails while the page goes over from what it has loaded to what it hears: nothing is lost, nothing
// stands twice, and meanwhile the page does not say that it is live.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { get } from "../lib/api.ts";
import { PATIENCE_MS, TALL, anotherScreen, isLive, openBrowser, showsStatus, signIn } from "../lib/browser.ts";
import { type Fault, Proxy } from "../lib/proxy.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

/** A stream that was silent for longer is dead. */
const SILENCE_MS = 46_000;
const CALLS = 8;

/** What the header has said, one after the other, and whether the list of calls was marked as old then. */
type Said = { connection: string; seq: number; isMarked: boolean };

let server: Server;
let browser: Browser;
let person: Page;
let wire: Proxy;
let page: Page;
let calls: FakeCall[];

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  person = await signIn(browser, server);
  await person.goto("about:blank"); // its stream is none of ours
});
after(async () => {
  await browser.close();
  await server.remove();
});
beforeEach(async () => {
  wire = await Proxy.open({ host: "127.0.0.1", port: Number(new URL(server.url).port) });
  page = await anotherScreen(browser, person, { viewport: TALL });
  await page.clock.install();
  await page.addInitScript(noteWhatIsSaid);
  calls = [];
});
afterEach(async () => {
  await page.context().close();
  for (const call of calls) await call.status("completed", { CallDuration: "1" });
  await settled(server);
  await wire.close();
});

function noteWhatIsSaid(): void {
  const said: Said[] = [];
  new MutationObserver(() => {
    const status = document.querySelector<HTMLElement>("[data-connection]");
    const seq = Number(/Event ([\d,]+)/.exec(status?.textContent ?? "")?.[1]?.replaceAll(",", "") ?? 0);
    const isMarked = /as of \d/.test(document.querySelector("main")?.textContent ?? "");
    said.push({ connection: status?.dataset["connection"] ?? "none", seq, isMarked });
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  Object.assign(window, { said });
}

const allSaid = (): Promise<Said[]> => page.evaluate(() => (window as unknown as { said: Said[] }).said);

/** Some more calls, each of them an event for its beginning and one for its change. */
async function flow(): Promise<void> {
  for (let n = 0; n < CALLS; n++) {
    const call = new FakeCall(server, `+1508514${String(1000 + calls.length)}`);
    calls.push(call);
    await call.arrives();
    await call.status("in-progress");
  }
}

/** Each call once, as it is; all that the feed has was applied, in its order. */
async function isWhole(): Promise<void> {
  await settled(server);
  const { last_seq } = await get<{ last_seq: number }>(server, "/api/events?after_seq=0&limit=1");
  await isLive(page);
  for (const { sid } of calls) await showsStatus(page, sid, "in-progress");
  await until("the header says how far it is", async () => ((await allSaid()).at(-1)?.seq === last_seq ? true : undefined));
  const shown = await page.locator("[data-sid]:not([data-final])").evaluateAll((cards) => cards.map((card) => (card as HTMLElement).dataset["sid"]));
  assert.deepEqual(shown.sort(), calls.map(({ sid }) => sid).sort());
  const seqs = (await allSaid()).map(({ seq }) => seq);
  assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b), "it went back");
  await page.getByText(/^as of/).first().waitFor({ state: "detached" });
}

const open = (): Promise<unknown> => page.goto(`http://127.0.0.1:${String(wire.port)}/app/`);

type Strike = Omit<Fault, "how"> & { sees: string };
const FIRST: Strike = { sees: '{"event":"connected"' };
const SNAPSHOT: Strike = { sees: '{"calls":[' };
const UPDATE: Strike = { sees: '{"event":"call.updated"' };

describe("a wire that is cut while the page is opened", () => {
  const MOMENTS: Record<string, Strike> = {
    "before the stream says that it is open": FIRST,
    "in the middle of the stream's first frame": { ...FIRST, torn: true },
    "in the middle of the snapshot": { ...SNAPSHOT, torn: true },
  };
  for (const [moment, strike] of Object.entries(MOMENTS))
    test(moment, async () => {
      await flow();
      const struck = wire.strike({ ...strike, how: "cut" });
      await open();
      await Promise.all([struck, flow()]);
      await isWhole();
    });
});

describe("a wire that fails in the middle of an update", () => {
  beforeEach(async () => {
    await open();
    await isLive(page);
  });

  test("by a cut: the page says so, and goes on where it was", async () => {
    await Promise.all([wire.strike({ ...UPDATE, torn: true, how: "cut" }), flow()]);
    await isWhole();
    const behind = (await allSaid()).filter(({ connection }) => connection === "catching-up");
    assert.ok(behind.some(({ isMarked }) => isMarked), "it has not said that it is behind");
  });

  test("by silence: the page says so when it has been silent for too long", async () => {
    const lastSeq = async (): Promise<number> => (await allSaid()).at(-1)?.seq ?? 0;
    const first = await lastSeq();
    await Promise.all([wire.strike({ ...UPDATE, torn: true, how: "stall" }), flow()]);
    await settled(server);
    await until("the one event before the silence is shown", async () => ((await lastSeq()) > first ? true : undefined));
    const before = await lastSeq();
    await page.clock.fastForward(SILENCE_MS);
    await isWhole();
    const behind = (await allSaid()).filter(({ connection, isMarked }) => connection === "catching-up" && isMarked);
    assert.ok(behind.some(({ seq }) => seq === before), "it has not said that it is behind");
  });

  test("and stays away: what is shown is marked until it is back, and then whole", async () => {
    await Promise.all([wire.strike({ ...UPDATE, how: "refuse" }), flow()]);
    await page.locator('[data-connection="offline"]').waitFor({ timeout: 2 * PATIENCE_MS });
    await page.getByRole("region", { name: "Active calls" }).getByText(/^as of/).waitFor();
    await flow();
    wire.allow();
    await isWhole();
  });
});
