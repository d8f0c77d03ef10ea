// An empty installation explains itself: what to paste where, whether it works, and if not, what to mend.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import twilio from "twilio";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, PHONE, SCREENS, anotherScreen, isAccessible, isAt, isLive, openBrowser, screenshot, showsStatus, signIn } from "../lib/browser.ts";
import { AUTH_TOKEN, type Server, freePort, startServer } from "../lib/server.ts";
import { startSandbox } from "../lib/sandbox.ts";
import { FakeCall, deliverPoison, newCallSid } from "../lib/twilio.ts";

const DOORS = ["voice-inbound", "voice-status", "recording-status", "dial-action"];

let browser: Browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

/** A request as Twilio signs it, sent to that address. */
async function knock(base: string, account: string, token: string): Promise<number> {
  const url = `${base}/webhooks/twilio/voice-status`;
  const params = { AccountSid: account, CallSid: newCallSid(), CallStatus: "ringing" };
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": twilio.getExpectedTwilioSignature(token, url, params) },
    body: new URLSearchParams(params).toString(),
  });
  return answer.status;
}

describe("an empty installation", () => {
  let server: Server;
  let page: Page;
  before(async () => {
    server = await startServer();
    page = await signIn(browser, server);
  });
  after(() => server.remove());

  test("shows what to paste where, and copies it", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
    for (const door of DOORS) await page.getByText(`${server.url}/webhooks/twilio/${door}`, { exact: true }).waitFor();
    await page.getByRole("button", { name: /^Copy: A call comes in/ }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${server.url}/webhooks/twilio/voice-inbound`);
    await page.getByText(`Twilio cannot reach ${server.url}.`).waitFor();
    const account = page.getByRole("region", { name: "1. Your Twilio account" });
    await account.getByText(String(server.env["TWILIO_ACCOUNT_SID"])).waitFor();
    await account.getByText("from the configuration").waitFor();
  });

  test("has an address of its own, and is found from every room", async () => {
    await page.goto(`${server.url}/app/calls`);
    await page.getByRole("main").getByRole("link", { name: "Get started" }).click();
    await page.getByRole("heading", { name: "Get started" }).waitFor();
    await isAt(page, "/app/start");
    await page.goto(`${server.url}/app/settings`);
    await page.getByRole("link", { name: "Open", exact: true }).click();
    await page.getByRole("heading", { name: "4. The first event" }).waitFor();
    await page.goto(`${server.url}/app/inbox`);
    await page.getByRole("main").getByRole("link", { name: "Get started" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "A name" }).fill("get started");
    await page.keyboard.press("Enter");
    await page.getByText("Waiting for the first event").waitFor();
  });

  test("makes no demo calls, and says how to have some elsewhere", async () => {
    await page.getByText("make demo", { exact: true }).waitFor();
    assert.equal(await page.getByRole("button", { name: "demo calls" }).count(), 0);
    assert.equal(await page.getByText("Demo", { exact: true }).count(), 0);
  });

  for (const [screen, viewport] of Object.entries(SCREENS))
    for (const colorScheme of ["light", "dark"] as const)
      test(`can be read by everybody: ${screen}, ${colorScheme}`, async () => {
        const other = await anotherScreen(browser, page, { viewport, colorScheme, reducedMotion: "reduce" });
        for (const [place, path] of Object.entries({ start: "/app/start", "start-live": "/app/", "start-calls": "/app/calls" })) {
          await other.goto(`${server.url}${path}`);
          await isLive(other);
          await other.getByText("Get started").first().waitFor();
          await screenshot(other, `${place}-${screen}-${colorScheme}`);
          await isAccessible(other);
          const overflow = await other.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          assert.ok(overflow <= 0, `${place} is ${overflow} px wider than the screen`);
        }
        await other.goto(`${server.url}/app/start`);
        await other.getByText("Waiting for the first event").waitFor();
        await other.setViewportSize({ ...viewport, height: 2400 });
        await screenshot(other, `start-whole-${screen}-${colorScheme}`);
        await other.context().close();
      });

  test("says why a request was refused, the latest reason first", async () => {
    await page.goto(`${server.url}/app/start`);
    await page.getByText("Waiting for the first event").waitFor();
    const account = String(server.env["TWILIO_ACCOUNT_SID"]);
    const other = server.url.replace("127.0.0.1", "localhost");
    const refused = (reason: string) => page.locator(`[data-reason="${reason}"]`);

    assert.equal(await knock(server.url, account, "another token"), 403);
    await refused("bad_signature").getByText("Compare the auth token of the account").waitFor();
    assert.equal(await knock(server.url, "AC99", AUTH_TOKEN), 403);
    await refused("unknown_account").getByText("Connect the account that owns the number.").waitFor();
    assert.equal(await knock(other, account, AUTH_TOKEN), 403);
    await refused("wrong_url").getByText("The token is right, the address is not.").waitFor();
    await refused("wrong_url").getByText(`another address than ${server.url}`).waitFor();
    assert.equal(await page.getByText("Waiting for the first event").count(), 0);
    const whole = await anotherScreen(browser, page, { viewport: { ...PHONE, height: 1900 } });
    await whole.goto(`${server.url}/app/start`);
    await whole.locator('[data-reason="wrong_url"]').waitFor();
    await screenshot(whole, "start-refused-phone-light");
    await isAccessible(whole);
    await whole.context().close();
  });

  test("says when the first event has come, even one that cannot be processed", async () => {
    await deliverPoison(server);
    await page.getByText("Received, and could not be processed").waitFor();
    await page.getByText("CallSid").first().waitFor();
    assert.equal(await page.locator("[data-reason]").count(), 0);
    await page.getByRole("link", { name: "Look at the event" }).click();
    await page.getByRole("dialog", { name: "Received event" }).waitFor();
  });

  test("leads from the first call to that call, on Live and here", async () => {
    const live = await anotherScreen(browser, page, { viewport: DESKTOP });
    await live.goto(`${server.url}/app/`);
    await live.getByRole("heading", { name: "Get started" }).waitFor();
    await page.goto(`${server.url}/app/start`);
    await isLive(page);
    await isLive(live);
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();

    await showsStatus(live, call.sid, "ringing");
    await live.getByText("The first call has come in.").waitFor();
    await screenshot(live, "start-arrived-desktop-light");
    await live.getByRole("link", { name: "Open the call" }).click();
    await live.getByRole("dialog").getByText("+1 (508) 514-0320").first().waitFor();
    await live.keyboard.press("Escape");
    const arrived = live.getByRole("status").filter({ hasText: "The first call has come in." });
    assert.equal(await arrived.locator("[data-stale]").count(), 0);
    await live.context().setOffline(true);
    await arrived.locator("[data-stale]").waitFor(); // that everything works nobody vouches for any more
    await live.context().setOffline(false);
    await isLive(live);
    await arrived.locator("[data-stale]").waitFor({ state: "detached" });
    await live.getByRole("button", { name: "Dismiss" }).click();
    await live.getByText("The first call has come in.").waitFor({ state: "detached" });
    await live.context().close();

    await page.getByText("Events come in").waitFor();
    await page.getByText("2 events received. The latest: Incoming call,").waitFor();
    await page.getByRole("link", { name: "Open the call" }).click();
    await page.waitForURL(`**/app/call/${call.sid}`);
  });
});

test("a server without an account says what is missing before anybody calls", async () => {
  const server = await startServer({ TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "", WEBHOOK_BASE_URL: "https://calls.example.com", WEBHOOK_INGESTION_ENABLED: "false" });
  const page = await signIn(browser, server);
  await page.getByText("No account is connected").waitFor();
  await page.getByText("Webhooks are not accepted.").waitFor();
  await page.getByText("Twilio is to reach this server at https://calls.example.com.").waitFor();
  await page.context().close();
  await server.remove();
});

describe("a demo", () => {
  let server: Server;
  let page: Page;
  let port: number;
  before(async () => {
    port = await freePort();
    server = await startServer({ TWILIO_BASE_URL: `http://127.0.0.1:${port}`, DEMO_CALLS: "true" });
    page = await signIn(browser, server);
  });
  after(() => server.remove());

  test("is marked as one, in every room", async () => {
    for (const path of ["/app/", "/app/calls", "/app/settings"]) {
      await page.goto(`${server.url}${path}`);
      await page.getByRole("banner").getByText("Demo", { exact: true }).waitFor();
    }
  });

  test("makes calls when it is asked to, and says so when it cannot", async () => {
    await page.goto(`${server.url}/app/start`);
    await page.getByText(`The sandbox reaches this server at ${server.url}.`).waitFor();
    await page.getByRole("button", { name: "Make five demo calls" }).click();
    await page.getByRole("alert").getByText("the sandbox cannot be reached").waitFor();

    const sandbox = await startSandbox(server.url, ["--rate", "0", "--port", String(port)]);
    await page.getByRole("button", { name: "Make five demo calls" }).click();
    await page.getByText("They are on their way.").waitFor();
    await page.getByText("Events come in").waitFor();
    await page.getByRole("main").getByRole("link", { name: "Go to Live" }).first().click();
    await page.locator("[data-sid]").first().waitFor();
    await screenshot(page, "start-demo-desktop-light");
    await sandbox.stop();
  });
});
