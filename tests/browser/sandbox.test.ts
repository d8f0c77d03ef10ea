// What a dispatcher sees of the sandbox's traffic: whole calls from signed webhooks, disorder included.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Call, get } from "../lib/api.ts";
import { TALL, openBrowser, signIn } from "../lib/browser.ts";
import { startSandbox } from "../lib/sandbox.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";

const N_CALLS = 12;

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server, { viewport: TALL });
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** From now on every status that a row of the page shows is remembered in `window.shown`. */
async function watchRows(): Promise<void> {
  await page.evaluate(() => {
    const shown: Record<string, string[]> = {};
    new MutationObserver(() => {
      for (const row of document.querySelectorAll<HTMLElement>("[data-sid]")) {
        const statuses = (shown[row.dataset["sid"] ?? ""] ??= []);
        const status = row.dataset["status"] ?? "";
        if (statuses.at(-1) !== status) statuses.push(status);
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
    Object.assign(window, { shown });
  });
}

test("every call of the sandbox is seen to come, to change and to end, without a reload", async () => {
  await watchRows();
  const sandbox = await startSandbox(server.url, [
    "--calls", String(N_CALLS), "--rate", "240", "--speed", "20", "--seed", "7",
    "--duplicates", "0.3", "--reorder", "0.2", "--bad-signature", "0.1",
  ]);
  assert.equal(await sandbox.ended, 0, sandbox.said());
  await settled(server);
  await page.locator("[data-sid]:not([data-final])").first().waitFor({ state: "detached" });

  const { calls } = await get<{ calls: Call[] }>(server, "/api/calls?limit=100");
  const whole = calls.filter((call) => call.parent_call_sid === null);
  assert.equal(whole.length, N_CALLS);
  const shown = await page.evaluate(() => (window as unknown as { shown: Record<string, string[]> }).shown);
  for (const call of whole) {
    const statuses = shown[call.twilio_sid] ?? [];
    assert.equal(statuses.at(-1), call.display_status, `${call.twilio_sid}: ${statuses.join(" → ")}`);
  }
  const changed = Object.values(shown).filter((statuses) => statuses.length > 1);
  assert.ok(changed.length > N_CALLS / 2, "calls are seen while they go on, not only when they are over");

  const outside = new Set(whole.map((call) => call.conversation_id));
  assert.equal(await page.locator("[data-conversation]").count(), outside.size);
});
