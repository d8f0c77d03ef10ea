// A new project is connected by its owner alone: the account, its numbers, the check that says what is wrong, the first event.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { DESKTOP, PHONE, WIDE, anotherScreen, isAccessible, isLive, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { clientOf, type Sandbox, startSandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER, type Server, freePort, startServer } from "../lib/server.ts";

let browser: Browser;
let server: Server;
let sandbox: Sandbox;
let page: Page;
before(async () => {
  browser = await openBrowser();
  const port = await freePort();
  server = await startServer({ TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "", OWNED_PHONE_NUMBERS: "", TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}`, DEMO_CALLS: "true" });
  sandbox = await startSandbox(server.url, ["--rate", "0", "--port", String(port)]);
  page = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await sandbox.stop();
  await server.remove();
});

const check = (at: Page): Locator => at.getByRole("region", { name: /lead here|come in/ });
const finding = (code: string, at = page): Locator => at.locator(`[data-code="${code}"]`);

async function checked(): Promise<void> {
  const answer = page.waitForResponse((r) => r.url().endsWith("/api/connections/check"));
  await check(page).getByRole("button", { name: /^Check/ }).click();
  assert.equal((await answer).status(), 200);
}

/** Every look of a page that is worth to be looked at. */
async function pictures(path: string, name: string, ready: (at: Page) => Promise<void>): Promise<void> {
  for (const [screen, viewport] of Object.entries({ desktop: { ...DESKTOP, height: 1700 }, phone: { ...PHONE, height: 2600 }, wide: { ...WIDE, height: 1400 } }))
    for (const colorScheme of ["light", "dark"] as const) {
      const other = await anotherScreen(browser, page, { viewport, colorScheme, reducedMotion: "reduce" });
      await other.goto(`${server.url}${path}`);
      await isLive(other);
      await ready(other);
      await screenshot(other, `${name}-${screen}-${colorScheme}`);
      await isAccessible(other);
      const overflow = await other.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${name} is ${String(overflow)} px wider than the screen`);
      await other.context().close();
    }
}

async function recheck(at: Page, state: string): Promise<void> {
  await check(at).getByRole("button", { name: /^Check/ }).click();
  await at.locator(`[data-state="${state}"]`).waitFor();
}

describe("a new project", () => {
  test("is told that nothing is connected, and connects an account with a wrong token", async () => {
    await page.goto(`${server.url}/app/start`);
    const account = page.getByRole("region", { name: "1. Your Twilio account" });
    await account.getByText("No account is connected").waitFor();
    await checked();
    for (const code of ["no_account", "no_numbers", "events_none"]) await finding(code).waitFor();
    await pictures("/app/start", "onboard-nothing", (at) => recheck(at, "bad"));
    await pictures("/app/settings/connections", "connect", (at) => at.getByRole("button", { name: "Connect an account" }).click());

    await account.getByRole("button", { name: "Connect an account" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Account SID").fill(` ${ACCOUNT_SID} `);
    await dialog.getByLabel("Auth token", { exact: true }).fill("an auth token that is not the account's");
    await dialog.getByRole("button", { name: "Connect", exact: true }).click();
    await account.getByText(ACCOUNT_SID).waitFor();
    await dialog.waitFor({ state: "detached" });
  });

  test("learns that the token is wrong, and gives the right one", async () => {
    await checked();
    await finding("account_refused").getByText(`Twilio refuses the auth token of ${ACCOUNT_SID} (401).`).waitFor();
    const outage = page.getByText(/^since .*: The other system refused our credentials\.$/); // the list follows the feed
    await outage.waitFor();
    await outage.scrollIntoViewIfNeeded();
    await screenshot(page, "connection-down");
    await page.getByRole("button", { name: `Change the tokens of ${ACCOUNT_SID}` }).click();
    const dialog = page.getByRole("dialog");
    assert.equal(await dialog.getByLabel("Auth token", { exact: true }).inputValue(), "");
    await dialog.getByLabel("Auth token", { exact: true }).fill(AUTH_TOKEN);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await checked();
    await finding("account_ok").waitFor();
    await outage.waitFor({ state: "detached" });
    await finding("number_unlisted").getByText(OWNED_NUMBER).waitFor();
    assert.ok(!(await page.content()).includes(AUTH_TOKEN));
  });

  test("names its numbers and where its calls go", async () => {
    await finding("number_unlisted").getByRole("link", { name: "Project settings" }).click();
    await page.getByLabel("Your own numbers").fill("not a number");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Your own numbers").fill(OWNED_NUMBER);
    await page.getByLabel("Name").fill("Front desk");
    await page.getByLabel("Region").fill("gb");
    await page.getByLabel("SIP user").fill("desk");
    await page.getByLabel("Time zone").selectOption("Europe/Berlin");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    await page.reload();
    assert.equal(await page.getByLabel("Name").inputValue(), "Front desk");
    assert.equal(await page.getByLabel("Region").inputValue(), "GB");
    assert.equal(await page.getByLabel("Time zone").inputValue(), "Europe/Berlin");
    assert.match((await page.getByLabel("SIP domain").getAttribute("placeholder")) ?? "", /sip/);
    await pictures("/app/settings/project", "project-settings", (at) => at.getByLabel("SIP user").waitFor());
  });

  test("is told where a number leads instead, with the address to paste", async () => {
    const client = clientOf(sandbox);
    const [number] = await client.incomingPhoneNumbers.list();
    const set = (voiceUrl: string): Promise<unknown> => client.incomingPhoneNumbers(number?.sid ?? "").update({ voiceUrl });
    await set("https://demo.twilio.com/welcome/voice/");
    await page.goto(`${server.url}/app/settings/connections`);
    await checked();
    const wrong = finding("number_elsewhere");
    await wrong.getByText(`Calls to ${OWNED_NUMBER} go to https://demo.twilio.com/welcome/voice/.`).waitFor();
    await wrong.getByText(`${server.url}/webhooks/twilio/voice-inbound`, { exact: true }).waitFor();
    await wrong.getByRole("button", { name: /^Copy/ }).waitFor();
    await pictures("/app/settings/connections", "connections", (at) => recheck(at, "bad"));
    await set(`${server.url}/webhooks/twilio/voice-inbound`);
    await checked();
    await finding("number_ok").waitFor();
  });

  test("sees its first call, and that everything works", async () => {
    await page.goto(`${server.url}/app/start`);
    await page.getByRole("button", { name: "Make five demo calls" }).click();
    await page.getByText("Events come in", { exact: true }).waitFor();
    await recheck(page, "good");
    assert.equal(await page.locator("[data-code]").count(), 4);
    await pictures("/app/start", "onboard-done", (at) => recheck(at, "good"));
  });

  test("reads it in Russian", async () => {
    const other = await anotherScreen(browser, page, { viewport: { ...DESKTOP, height: 1700 }, locale: "ru-RU" });
    await other.goto(`${server.url}/app/settings/connections`);
    await other.getByRole("button", { name: "Проверить", exact: true }).click();
    await other.getByText("Подписанные события приходят.").waitFor();
    await screenshot(other, "connections-desktop-ru");
    await other.context().close();
  });

  test("disconnects, after it was asked", async () => {
    await page.goto(`${server.url}/app/settings/connections`);
    await page.getByRole("button", { name: `Disconnect ${ACCOUNT_SID}` }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("are refused from then on").waitFor();
    await dialog.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("No account is connected").waitFor();
  });
});
