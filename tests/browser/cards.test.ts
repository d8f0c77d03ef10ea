// The cards of the calls that are going on: what they tell, and that they come, change and go without a jump.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { type Call, get } from "../lib/api.ts";
import { DESKTOP, PHONE, WIDE, anotherScreen, isLive, openBrowser, showsStatus, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const CROWD = 300;
/** In a list, however long it is. */
const MOST_NODES = 600;
/** How far a card is below another, in pixels. */
const CARD_PITCH = 148;
/** So many cards are seen at once on a desk, at least. */
const SEEN = 12;

let server: Server;
let browser: Browser;
let page: Page;

const cardOf = (of: Page, { sid }: FakeCall): Locator => of.locator(`[data-sid="${sid}"]`);

async function arrived(from: string): Promise<FakeCall> {
  const call = new FakeCall(server, from);
  await call.arrives();
  return call;
}

/** To the millisecond. */
const INSTANT = /\d:\d\d:\d\d\.\d{3}/;

/** The seconds that a clock shows: `1:02 in all` is 62. */
async function secondsOf(clock: Locator): Promise<number> {
  const [minutes = 0, seconds = 0] = (await clock.innerText()).split(":").map(parseFloat);
  return minutes * 60 + seconds;
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("a card", () => {
  test("tells the stage, who calls whom, where it rings and who answers", async () => {
    const call = await arrived("+15085140320");
    const leg = new FakeCall(server, "+15085140320", "sip:dispatcher@example.sip.us1.twilio.com", call);
    const card = cardOf(page, call);
    await card.getByText("Ringing").waitFor();
    await card.getByText("+1 (508) 514-0320").waitFor();
    await card.getByText("+1 (617) 500-6181").waitFor();
    await leg.status("ringing");
    await card.getByText("rings at dispatcher").waitFor();
    await leg.status("in-progress");
    await call.status("in-progress");
    await card.getByText("answered by dispatcher").waitFor();
    await card.getByText("Talking").waitFor();

    await leg.status("completed", { CallDuration: "3" });
    await call.dialEnds(leg, "completed");
    await call.status("completed", { CallDuration: "8" });
    await card.getByText("Answered after 0:05, talked 0:03").waitFor();
    await card.waitFor({ state: "detached" });
  });

  test("counts, and leads to the call", async () => {
    const call = await arrived("+15085140321");
    const whole = cardOf(page, call).getByText("in all");
    assert.match((await whole.getAttribute("title")) ?? "", INSTANT);
    const before = await secondsOf(whole);
    await until("the clock goes on", async () => ((await secondsOf(whole)) >= before + 2 ? true : undefined));
    await cardOf(page, call).click();
    await page.getByRole("dialog", { name: "Call" }).waitFor();
    await page.keyboard.press("Escape");
    await call.status("canceled");
    await cardOf(page, call).getByText("Missed: the caller hung up before an answer").waitFor();
  });
});

test("the focus stays on its card while others come, and goes to the neighbour when the card goes", async () => {
  const focused = (): Promise<string | null | undefined> => page.evaluate(() => document.activeElement?.closest("[data-sid]")?.getAttribute("data-sid"));
  const left = await arrived("+15085140330");
  const mine = await arrived("+15085140331");
  await showsStatus(page, left.sid, "ringing");
  await showsStatus(page, mine.sid, "ringing");
  await cardOf(page, mine).focus();
  const right = await arrived("+15085140332");
  await showsStatus(page, right.sid, "ringing");
  assert.equal(await focused(), mine.sid);
  await mine.status("canceled");
  await cardOf(page, mine).waitFor({ state: "detached" });
  const then = await focused();
  assert.ok(then === left.sid || then === right.sid, String(then));
  for (const call of [left, right]) {
    await call.status("canceled");
    await cardOf(page, call).waitFor({ state: "detached" });
  }
});

type Shift = { value: number; what: string[] };
type Watching = { shifts: Shift[] };

/** From now on every jump of the layout is noted, with what jumped. */
async function watchShifts(of: Page): Promise<void> {
  await of.evaluate(() => {
    const shifts: Shift[] = [];
    type Entry = PerformanceEntry & { value: number; sources: { node: Node | null }[] };
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries() as Entry[])
        shifts.push({ value, what: sources.map(({ node }) => (node instanceof Element ? node.outerHTML : (node?.textContent ?? "")).slice(0, 200)) });
    }).observe({ type: "layout-shift", buffered: false });
    Object.assign(window, { shifts });
  });
}

function shiftsOf(of: Page): Promise<Shift[]> {
  return of.evaluate(() => (window as unknown as Watching).shifts);
}

for (const [screen, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE }))
  test(`on a ${screen} calls come, change and leave without a jump in the layout`, async () => {
    const other = await anotherScreen(browser, page, { viewport });
    await other.goto(`${server.url}/app/`);
    await isLive(other);
    const first = await arrived("+12025550100");
    await showsStatus(other, first.sid, "ringing");
    await watchShifts(other);

    const calls = [];
    for (let i = 1; i <= 9; i++) calls.push(await arrived(`+1202555010${String(i)}`));
    for (const call of calls) await showsStatus(other, call.sid, "ringing");
    for (const call of calls) await call.status("in-progress");
    for (const call of calls) await showsStatus(other, call.sid, "in-progress");
    const leaving = calls.filter((_, i) => i % 2 === 0);
    for (const call of leaving) {
      await call.status("completed", { CallDuration: "7" });
      await showsStatus(other, call.sid, "completed");
    }
    for (const call of leaving) await cardOf(other, call).waitFor({ state: "detached" });
    assert.deepEqual(await shiftsOf(other), []);

    // A jump would have been noted.
    await other.evaluate(() => {
      document.querySelector("[data-sid]")?.closest("section")?.style.setProperty("margin-top", "80px");
    });
    await until("the jump is noted", async () => ((await shiftsOf(other)).length > 0 ? true : undefined));
    for (const call of [first, ...calls]) await call.status("completed", { CallDuration: "8" });
    await other.context().close();
  });

const board = (): Locator => page.getByRole("list", { name: "Active calls" });

/** How many elements the board has, each card among them. */
async function isLight(): Promise<void> {
  const nodes = await board().locator("*").count();
  assert.ok(nodes <= MOST_NODES, `${String(nodes)} nodes for ${String(await board().getByRole("listitem").count())} cards`);
}

/** Scrolls the cards, until others are drawn than before. */
async function scrollCards(by: number): Promise<void> {
  const first = (): Promise<string | null> => board().getByRole("listitem").first().getAttribute("aria-posinset");
  const before = await first();
  await board().evaluate((list, pixels) => { list.parentElement?.parentElement?.scrollBy(0, pixels); }, by);
  await until("others are drawn", async () => ((await first()) !== before ? true : undefined));
}

describe("hundreds of calls stay workable", () => {
  let n: number;
  before(async () => {
    await settled(server);
    const active = await get<{ calls: Call[] }>(server, "/api/calls/active");
    n = active.calls.filter(({ parent_call_sid: parent }) => parent === null).length + CROWD;
    const calls = Array.from({ length: CROWD }, (_, i) => new FakeCall(server, `+1508515${String(1000 + i)}`));
    await Promise.all(calls.map((call) => call.arrives()));
    await page.getByText(`${String(n)} calls`, { exact: true }).waitFor();
  });
  after(() => page.setViewportSize(DESKTOP));

  test("each is found, and the latest comes first", async () => {
    const seen = await page.locator("[data-sid]").count();
    assert.ok(seen >= SEEN, `${String(seen)} cards`);
    await isLight();
    await board().locator("li").last().scrollIntoViewIfNeeded();
    await board().locator(`li[aria-posinset="${String(2 * SEEN)}"]`).waitFor();
    const scroll = (edge: "end" | "start") => board().evaluate((list, block) => { list.scrollIntoView({ block }); }, edge);
    await scroll("end");
    await board().locator(`li[aria-posinset="${String(n)}"]`).getByRole("link").waitFor();
    await isLight();
    await scroll("start");

    const last = await arrived("+15085169999");
    await showsStatus(page, last.sid, "ringing");
    assert.equal(await page.locator("[data-sid]").first().getAttribute("data-sid"), last.sid);
    await cardOf(page, last).click();
    await page.getByRole("dialog", { name: "Call" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  for (const [wall, viewport] of Object.entries({ "2560 x 1080": WIDE, "2560 x 1440": { ...WIDE, height: 1440 } }))
    test(`on a wall of ${wall} pixels their board is as light`, async () => {
      await page.setViewportSize(viewport);
      await page.reload();
      await board().locator(`li[aria-posinset="${String(2 * SEEN)}"]`).waitFor();
      await isLight();
      await scrollCards(10.5 * CARD_PITCH); // a row is seen in part above, and one below
      await isLight();
    });

  test("the focus of a card that is scrolled out of sight goes to one that is seen, and one walks on from there", async () => {
    await page.setViewportSize(DESKTOP);
    await page.reload();
    await page.locator("[data-sid]").first().focus();
    const placeOf = (): Promise<number> => page.evaluate(() => Number(document.activeElement?.closest("li")?.getAttribute("aria-posinset")));
    assert.equal(await placeOf(), 1);
    await scrollCards(20 * CARD_PITCH);
    const then = await until("a card has it", async () => ((await placeOf()) > 1 ? await placeOf() : undefined));
    assert.equal(then, Number(await board().getByRole("listitem").first().getAttribute("aria-posinset")));
    await page.keyboard.press("j");
    assert.equal(await placeOf(), then + 1);
  });
});
