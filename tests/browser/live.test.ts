// What a dispatcher sees while calls come and go.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, TALL, isAt, isLive, openBrowser, showsStatus, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { FakeCall } from "../lib/twilio.ts";

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** Other pages that show something of calls: what is there once they are loaded, and what of it is to be marked while nothing vouches for it. No more of them: a browser keeps six connections to a server, and each has its stream. */
async function elsewhere(sid: string): Promise<{ at: Page; stale: string[] }[]> {
  const asOf = "main time:has-text('as of')";
  const places = [
    {
      path: `/app/calls/1?call=${sid}`,
      loaded: ["main h3 + ul > li", "[role=dialog] dl", "nav [data-unread]"],
      stale: ["header time:has-text('as of')", "li [data-stale]", "[role=dialog] time:has-text('as of')", "nav [data-unread] [data-stale]"],
    },
    { path: `/app/call/${sid}`, loaded: ["main dl"], stale: [asOf] },
    { path: "/app/inbox", loaded: ["[data-event]"], stale: [asOf, "[data-event] [data-stale]"] },
    { path: "/app/inbox?event=1", loaded: ["[role=dialog] dl"], stale: ["[role=dialog] time:has-text('as of')"] },
  ];
  return Promise.all(
    places.map(async ({ path, loaded, stale }) => {
      const at = await page.context().newPage();
      await at.goto(server.url + path);
      await isLive(at);
      for (const part of loaded) await at.locator(part).first().waitFor();
      return { at, stale };
    }),
  );
}

describe("the live page", () => {
  test("tells somebody who is not signed in where the link is", async () => {
    const stranger = await browser.newPage();
    await stranger.goto(`${server.url}/app/`);
    await stranger.getByRole("heading", { name: "Sign in" }).waitFor();
    await stranger.context().close();
  });

  test("opens by the one-time link and explains what to paste where", async () => {
    page = await signIn(browser, server);
    await isAt(page, "/app/");
    await page.getByText(`${server.url}/webhooks/twilio/voice-inbound`).waitFor();
  });

  test("leads a stranger with a used link to the page that says so", async () => {
    const stranger = await browser.newPage();
    await stranger.goto(server.loginLink);
    await stranger.getByRole("heading", { name: "Sign in" }).waitFor();
    await stranger.context().close();
  });

  test("explains how fresh it is to who points at that or comes by key, until Escape", async () => {
    const card = page.getByRole("tooltip");
    await page.locator("[data-connection]").hover();
    await card.getByText("Every event arrives as it happens").waitFor();
    await page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
    await page.locator("[data-connection]").focus();
    await card.waitFor();
    await page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
  });

  test("shows a new call, and its changes, without a reload", async () => {
    let loads = 0;
    page.on("load", () => (loads += 1));
    const call = new FakeCall(server, "+15085140320");

    await call.arrives();
    await showsStatus(page, call.sid, "ringing");
    await page.locator(`[data-sid="${call.sid}"]`).getByText("+1 (508) 514-0320").waitFor();
    await call.status("in-progress");
    await showsStatus(page, call.sid, "in-progress");
    await call.status("completed", { CallDuration: "29" });
    await showsStatus(page, call.sid, "completed");

    const conversation = page.locator("[data-conversation]", { hasText: "+1 (508) 514-0320" });
    await conversation.getByText("Answered").waitFor();
    assert.equal(loads, 0);
  });

  test("shows a call and the leg it was connected to as one", async () => {
    const call = new FakeCall(server, "+15085140321");
    const leg = new FakeCall(server, "+15085140321", "sip:dispatcher@example.sip.us1.twilio.com", call);

    await call.arrives();
    await call.status("in-progress");
    await leg.status("ringing");
    await showsStatus(page, call.sid, "ringing");
    await leg.status("in-progress");
    await showsStatus(page, call.sid, "in-progress");
    assert.equal(await page.locator(`[data-sid="${leg.sid}"]`).count(), 0);

    await leg.status("completed", { CallDuration: "3" });
    await call.dialEnds(leg, "completed");
    await call.status("completed", { CallDuration: "8" });
    await showsStatus(page, call.sid, "completed");
  });

  test("opens the log of a call, which grows while one looks", async () => {
    const call = new FakeCall(server, "+15085140322");
    await call.arrives();
    await page.locator(`[data-sid="${call.sid}"]`).click();
    const dialog = page.getByRole("dialog", { name: "Call" });
    await dialog.getByText("Call started").waitFor();

    await call.status("busy");
    await dialog.getByText("Call ended: busy").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  test("keeps up when many calls come at once, and forgets none", async () => {
    await page.setViewportSize(TALL);
    const ongoing = page.locator("[data-sid]:not([data-final])");
    const n = await ongoing.count();
    const calls = Array.from({ length: 40 }, (_, i) => new FakeCall(server, `+1508514${1000 + i}`));

    await Promise.all(calls.map((call) => call.arrives()));
    await ongoing.nth(n + calls.length - 1).waitFor();
    await Promise.all(calls.map((call) => call.status("in-progress")));
    await Promise.all(calls.map((call) => call.status("completed", { CallDuration: "7" })));
    for (const call of calls) await page.locator(`[data-sid="${call.sid}"]:not([data-final])`).waitFor({ state: "detached" });
    assert.equal(await ongoing.count(), n);
    await page.setViewportSize(DESKTOP);
  });

  test("goes on where it was when the server comes back", async () => {
    const call = new FakeCall(server, "+15085140323");
    await call.arrives();
    await showsStatus(page, call.sid, "ringing");

    const others = await elsewhere(call.sid);
    await server.stop();
    await page.locator('[data-connection="offline"]').waitFor();
    for (const { at, stale } of others) for (const selector of stale) await at.locator(selector).first().waitFor();
    const clock = page.locator(`[data-sid="${call.sid}"] [data-stale]`).first();
    await clock.waitFor();
    await page.getByRole("region", { name: "Active calls" }).getByText(/^as of \d+:\d\d:\d\d/).waitFor();
    const stood = await clock.innerText();
    await page.getByText(/heard \d+ s ago/).first().waitFor();
    assert.equal(await clock.innerText(), stood);
    await server.restart();
    await call.status("in-progress");
    await showsStatus(page, call.sid, "in-progress");
    await isLive(page);
    await page.locator("[data-stale]").first().waitFor({ state: "detached" });
    await page.getByText(/^as of/).first().waitFor({ state: "detached" });
    for (const { at } of others) {
      await at.locator("[data-stale]").first().waitFor({ state: "detached" });
      await at.getByText(/^as of/).first().waitFor({ state: "detached" });
      await at.close();
    }
  });

  test("signs out", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});
