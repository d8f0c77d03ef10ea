// The timeline of a conversation: a call and its legs are one line, and its bar is as long as it lasted.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, PHONE, WIDE, anotherScreen, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";

/** Seconds that the caller waited, and that was talked; the longest is as wide as there is room. */
type Length = { wait: number; talk: number };
const ANSWERED: Length[] = [{ wait: 30, talk: 90 }, { wait: 45, talk: 15 }, { wait: 7, talk: 60 }];
const MISSED: Length = { wait: 24, talk: 0 };
const LENGTHS = [...ANSWERED, MISSED];

let server: Server;
let browser: Browser;
let person: Page;
/** In the order of LENGTHS. */
const calls: FakeCall[] = [];

const seconds = (n: number): string => `${String(Math.floor(n / 60))}:${String(n % 60).padStart(2, "0")}`;

/** Rings at two at once; one of them answers. */
async function answered({ wait, talk }: Length): Promise<void> {
  const call = new FakeCall(server, "+15085140320");
  const [first, second] = ["anna", "bert"].map((name) => new FakeCall(server, call.from, `sip:${name}@example.sip.us1.twilio.com`, call));
  assert.ok(first && second);
  await call.arrives();
  for (const leg of [first, second]) await leg.status("ringing");
  await second.status("canceled");
  await first.status("in-progress");
  await first.status("completed", { CallDuration: String(talk) });
  await call.dialEnds(first, "completed");
  await call.status("completed", { CallDuration: String(wait + talk) });
  calls.push(call);
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  for (const length of ANSWERED) await answered(length);
  const missed = new FakeCall(server, "+15085140320");
  await missed.arrives();
  await missed.status("no-answer", { CallDuration: String(MISSED.wait) });
  calls.push(missed);
  await settled(server);
  person = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

type Drawn = Length & { room: number; left: number; words: string };

/** What is drawn of a call, in pixels. */
function drawn(page: Page, call: FakeCall): Promise<Drawn> {
  return page.locator(`a[href*="call=${call.sid}"]`).evaluate((line) => {
    const bar = line.querySelector("[aria-hidden]:has(> [data-span])") ?? document.createElement("i");
    const [wait = 0, talk = 0] = ["wait", "talk"].map((span) => bar.querySelector(`[data-span="${span}"]`)?.getBoundingClientRect().width ?? 0);
    const { width: room, left } = bar.getBoundingClientRect();
    return { wait, talk, room, left, words: (line as HTMLElement).innerText };
  });
}

for (const [screen, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE, wide: WIDE }))
  describe(`the timeline on a ${screen}`, () => {
    let page: Page;
    let bars: Drawn[];
    before(async () => {
      page = await anotherScreen(browser, person, { viewport, reducedMotion: "reduce" });
      await page.goto(`${server.url}/app/calls/1`);
      await page.getByText("Missed: nobody answered").last().waitFor();
      bars = await Promise.all(calls.map((call) => drawn(page, call)));
      await screenshot(page, `scale-${screen}`);
    });
    after(() => page.context().close());

    test("has one line for a call and its legs, in words", async () => {
      const timeline = page.getByRole("region", { name: "Conversation", exact: true });
      assert.equal(await timeline.locator("ul > li").count(), LENGTHS.length);
      for (const [i, { wait, talk }] of ANSWERED.entries())
        assert.ok(bars[i]?.words.includes(`Answered after ${seconds(wait)}, talked ${seconds(talk)}`), bars[i]?.words);
    });

    test("draws waiting and talking to one scale, which the longest fills", () => {
      const longest = Math.max(...LENGTHS.map(({ wait, talk }) => wait + talk));
      for (const [i, length] of LENGTHS.entries()) {
        const bar = bars[i] ?? assert.fail();
        assert.equal(bar.left, bars[0]?.left); // they begin below one another
        assert.equal(bar.room, bars[0]?.room);
        assert.ok(bar.room > 100, `${String(bar.room)} pixels are no room`);
        for (const span of ["wait", "talk"] as const) {
          const right = (length[span] / longest) * bar.room;
          assert.ok(Math.abs(bar[span] - right) <= 1, `${span} of ${String(length[span])} s is ${String(bar[span])} px wide, not ${String(right)}`);
        }
      }
    });
  });
