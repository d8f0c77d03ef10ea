// One call by itself, its log as a timeline, and the ways that lead there.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type CallDetail, get } from "../lib/api.ts";
import { isAt, isLive, openBrowser, pressPair, signIn } from "../lib/browser.ts";
import { OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { type Door, FakeCall, type Params, deliver } from "../lib/twilio.ts";

const HOUR_AGO = new Date(Date.now() - 3_600_000).toUTCString().replace("GMT", "+0000");

let server: Server;
let browser: Browser;
let page: Page;
let call: FakeCall;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  call = new FakeCall(server, "+15085140320");
  await call.arrives();
  await call.status("completed", { CallDuration: "35", CallerName: "ANN EXAMPLE" });
  await call.status("busy");
  await settled(server);
  page = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("the page of a call", () => {
  test("shows its log, and a change that was refused as such", async () => {
    await page.goto(`${server.url}/app/call/${call.sid}`);
    await page.getByText("Call started").waitFor();
    await page.getByText("Changed nothing: the call has ended otherwise, “completed” stands").waitFor();
  });

  test("shows the call as it was after an event, and keeps that in the address", async () => {
    await page.getByRole("button", { name: /Call started/ }).click();
    await page.getByText(/As it was after the event of/).waitFor();
    const state = page.locator("h3", { hasText: "(508)" }).locator("..");
    await state.getByText("Ringing").waitFor();
    await page.waitForURL("**as_of=*");
    await page.reload();
    await state.getByText("Ringing").waitFor();
    await page.getByRole("button", { name: "Later" }).click();
    await state.getByText("Answered").waitFor();
    await page.getByRole("button", { name: "Show it as it is now" }).click();
    await isAt(page, `/app/call/${call.sid}`);
  });

  test("shows the legs as they were too, how long had been talked, and never the present as the past", async () => {
    const earlier = (door: Door, params: Params): Promise<void> =>
      deliver(server, door, params["Timestamp"] === undefined ? params : { ...params, Timestamp: HOUR_AGO });
    const told = new FakeCall(server, "+12125550177", OWNED_NUMBER, null, earlier);
    const leg = new FakeCall(server, told.from, "sip:dispatcher@example.sip.us1.twilio.com", told);
    await told.arrives();
    await leg.status("in-progress");
    await told.status("in-progress");
    await leg.status("completed", { CallDuration: "29" });
    await told.dialEnds(leg, "completed");
    await told.status("completed", { CallDuration: "35" });
    await settled(server);
    await page.goto(`${server.url}/app/call/${told.sid}`);
    const legs = page.getByRole("listitem").filter({ hasText: "→" });
    await legs.getByText("Answered").waitFor();
    await page.getByRole("button", { name: /in progress.*webhook/ }).click();
    await page.getByText(/As it was after the event of/).waitFor();
    await legs.getByText("Talking").waitFor();
    const talk = page.locator("dt", { hasText: "Talk time" }).locator("xpath=following-sibling::dd[1]");
    assert.equal(await talk.textContent(), "0:00");

    const then = page.url();
    const leads = async (): Promise<void> => {
      await legs.getByRole("link").click();
      await page.waitForURL((url) => url.href.includes(leg.sid) && !url.searchParams.has("as_of"));
      await page.getByRole("link", { name: /→/ }).getByText("Answered").waitFor(); // its parent, as it is now
      assert.equal(await page.getByRole("alert").count(), 0);
      await page.goBack();
      await page.getByText(/As it was after the event of/).waitFor();
      await legs.getByText("Talking").waitFor();
    };
    await leads();
    await page.waitForURL(then);
    const asOf = new URL(then).searchParams.get("as_of") ?? "";
    await page.goto(`${server.url}/app/settings?call=${told.sid}&as_of=${asOf}`);
    await leads();
    await page.goto(then);
    await page.getByRole("button", { name: /Call started/ }).click();
    await legs.waitFor({ state: "detached" });

    let isThere = false;
    await page.route(/api.*as_of=/, (route) => (isThere ? route.continue() : route.fulfill({ status: 500, body: "{}" })));
    await page.reload();
    await page.getByText("This could not be loaded").waitFor();
    assert.equal(await page.getByRole("heading", { name: "(212)" }).count(), 0, "today's call stands under the past");
    isThere = true;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "(212)" }).waitFor();
    await page.unroute(/api.*as_of=/);
    await page.goto(`${server.url}/app/call/${told.sid}?as_of=999999`);
    await page.getByText("This call has no such event.").waitFor();
    await page.getByRole("button", { name: "Show it as it is now" }).click();
    await page.getByRole("heading", { name: "(212)" }).waitFor();
    await page.goto(`${server.url}/app/call/${call.sid}`);
    await page.getByText("Call started").waitFor();
  });

  test("heals by itself when the call comes that was not known yet", async () => {
    const later = new FakeCall(server, "+13105550377");
    const others = await Promise.all(
      [`call/${later.sid}`, `settings?call=${later.sid}`].map(async (path) => {
        const other = await page.context().newPage();
        await other.goto(`${server.url}/app/${path}`);
        await isLive(other);
        await other.getByRole("alert").getByRole("button", { name: "Try again" }).waitFor();
        return other;
      }),
    );
    await later.arrives();
    for (const other of others) {
      await other.getByText("Call started").waitFor();
      assert.equal(await other.getByRole("alert").count(), 0, "the failed face is still there");
      await other.close();
    }
  });

  test("masks personal data until it is asked for, and leads to the received webhook", async () => {
    const line = page.getByRole("listitem").filter({ hasText: "Call started" });
    await line.getByText("Payload").click();
    await line.getByText("•••••••••20").first().waitFor();
    assert.equal(await line.getByText("+15085140320").count(), 0);
    await line.getByRole("button", { name: "Show personal data" }).click();
    await line.getByText("+15085140320").first().waitFor();
    await line.getByRole("link", { name: "Received webhook" }).click();
    const event = page.getByRole("dialog", { name: "Received event" });
    await event.getByText(call.sid).first().waitFor();
    await page.goBack();
    await page.getByText("Call started").waitFor();
  });

  test("leads to the received webhook from beside the inbox, too, where what was shown of one is masked in the next", async () => {
    const { events } = await get<CallDetail>(server, `/api/calls/${call.sid}`);
    const [first = "", second = ""] = events.map(({ inbox_event_id: id }) => id ?? "");
    const event = page.getByRole("dialog", { name: "Received event" });
    /** As the history does it, from one to the other. */
    const look = (id: string): Promise<void> =>
      page.evaluate((to) => {
        window.history.pushState(null, "", to);
        window.dispatchEvent(new PopStateEvent("popstate"));
      }, `/app/inbox?event=${id}`);
    await page.goto(`${server.url}/app/inbox?call=${call.sid}`);
    const line = page.getByRole("dialog", { name: "Call" }).getByRole("listitem").filter({ hasText: "Call started" });
    await line.getByText("Payload").click();
    await line.getByRole("link", { name: "Received webhook" }).click();
    await event.getByText(call.sid).first().waitFor();
    await isAt(page, `/app/inbox?event=${first}`);

    await look(second);
    await event.getByRole("button", { name: "Show personal data" }).click();
    await event.getByText("ANN EXAMPLE").waitFor();
    await look(first); // it is known already: nothing is loaded between
    await event.getByText("CallerName").waitFor({ state: "detached" });
    await event.getByRole("button", { name: "Show personal data" }).waitFor();
    await page.goto(`${server.url}/app/call/${call.sid}`);
    await page.getByText("Call started").waitFor();
  });
});

describe("the palette", () => {
  const ask = async (words: string): Promise<void> => {
    await page.keyboard.press("Control+k");
    await page.locator("input[role=combobox]:focus").fill(words);
  };

  test("finds a contact by number, and a call by its SID", async () => {
    await ask("508 514");
    await page.getByRole("option", { name: "+1 (508) 514-0320" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "+1 (508) 514-0320" }).waitFor();

    await ask(call.sid);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/app/call/${call.sid}`);
  });

  test("says that it searches, and when it cannot", async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route("**/api/conversations?q=*", async (route) => {
      await held;
      await route.fulfill({ status: 400, json: { error: { code: "X", human_title: "The moon is down", human_how_to_fix: [], details: { trace_id: "t1" } } } });
    });
    await ask("quentin");
    await page.getByText("Searching", { exact: true }).waitFor();
    answer();
    await page.getByRole("alert").getByText("The moon is down").waitFor();
    assert.equal(await page.getByText("Searching", { exact: true }).count(), 0);
    await page.unroute("**/api/conversations?q=*");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  test("goes to views by pairs of keys, and tells all keys", async () => {
    await pressPair(page, "g", "i");
    await isAt(page, "/app/inbox");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).getByText("Go to Calls").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await pressPair(page, "g", "c");
    await isAt(page, "/app/calls");
  });

  test("takes the keys of a Russian layout for those that stand in the same place", async () => {
    type Key = { key: string; code: string; ctrlKey?: boolean };
    /** In one go: a pair is one only in quick succession. */
    const press = (...keys: Key[]): Promise<void> =>
      page.evaluate((all) => {
        for (const key of all) document.body.dispatchEvent(new KeyboardEvent("keydown", { ...key, bubbles: true }));
      }, keys);
    await press({ key: "п", code: "KeyG" }, { key: "д", code: "KeyL" });
    await page.waitForURL("**/app/");
    await press({ key: "л", code: "KeyK", ctrlKey: true });
    await page.locator("input[role=combobox]:focus").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  test("leaves keys of one character alone where they are switched off, and Ctrl K as it is", async () => {
    const turn = async (value: string): Promise<void> => {
      await page.goto(`${server.url}/app/settings`);
      const choice = page.getByRole("group", { name: "Keys of one character" }).getByRole("button", { name: value });
      await choice.click();
      await choice.and(page.locator('[aria-pressed="true"]')).waitFor();
    };
    await turn("Off");
    for (const key of ["g", "l", "?"]) await page.keyboard.press(key);
    await ask("keys"); // whatever the keys before had asked for would stand here, or have closed the page
    assert.equal(await page.getByRole("dialog").count(), 1);
    await isAt(page, "/app/settings");
    await page.getByRole("option").filter({ hasText: /^Keys/ }).click();
    await page.getByRole("dialog", { name: "Keys" }).getByText("are switched off").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await turn("On");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    assert.equal(await page.getByText("are switched off").count(), 0);
    await page.keyboard.press("Escape");
  });
});
