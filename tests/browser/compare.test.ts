// A call beside what its provider says of it: compared on its page, and mended from there.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Call, get } from "../lib/api.ts";
import { DESKTOP, PHONE, anotherScreen, isAccessible, isLive, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { type Sandbox, startSandbox } from "../lib/sandbox.ts";
import { freePort, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";

describe("a call beside its provider's word", () => {
  let server: Server, sandbox: Sandbox, browser: Browser, page: Page;
  let calls: Call[];

  before(async () => {
    const port = await freePort();
    server = await startServer({ TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}`, RECONCILE_JOBS_ENABLED: "false" });
    sandbox = await startSandbox(server.url, ["--port", String(port), "--calls", "6", "--rate", "60000", "--speed", "400", "--lose-ends", "1", "--stay", "--price-after", "0", "--seed", "3"]);
    await sandbox.over;
    await settled(server);
    ({ calls } = await get<{ calls: Call[] }>(server, "/api/calls?limit=100"));
    browser = await openBrowser();
    page = await signIn(browser, server);
  });
  after(async () => {
    await browser.close();
    await sandbox.stop();
    await server.remove();
  });

  test("what differs is told, taken over by a button, and then the two are in step", async () => {
    const call = calls.find(({ is_final, status }) => !is_final && status === "in-progress") ?? assert.fail("no call is behind");
    await page.goto(`${server.url}/app/call/${call.twilio_sid}`);
    await isLive(page);
    await page.getByRole("button", { name: "Compare" }).click();
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: /^Status/ }) });
    await row.getByText("would change").waitFor();
    assert.match(await row.innerText(), /in progress[\s\S]*(completed|busy|no answer|failed|canceled)/);
    for (const [name, options] of Object.entries({
      "compare-desktop-light": { viewport: DESKTOP, colorScheme: "light" as const },
      "compare-phone-dark": { viewport: PHONE, colorScheme: "dark" as const },
    })) {
      const screen = await anotherScreen(browser, page, { ...options, reducedMotion: "reduce" });
      await screen.goto(page.url());
      await screen.getByRole("button", { name: "Compare" }).click();
      await screen.getByText("would change").first().waitFor();
      await screen.getByRole("button", { name: "Reconcile" }).scrollIntoViewIfNeeded();
      await screenshot(screen, name);
      await isAccessible(screen);
      await screen.context().close();
    }
    await page.getByRole("button", { name: "Reconcile" }).click();
    await page.getByText("In step: there is nothing to mend.").waitFor();
    await page.getByText("reconcile, active calls").first().waitFor(); // in the log, by the feed
  });

  test("what was mended stands by day and kind under Operations", async () => {
    const table = page.getByRole("region", { name: "Drift" }).getByRole("table");
    const today = table.getByRole("row").nth(1);
    await page.goto(`${server.url}/app/operations`);
    await today.getByRole("rowheader", { name: /^\d{4}-\d\d-\d\d$/ }).waitFor();
    const columns = await table.getByRole("columnheader").allInnerTexts();
    assert.equal(await today.getByRole("cell").nth(columns.indexOf("Status") - 1).innerText(), "1");
    const screen = await anotherScreen(browser, page, { viewport: DESKTOP, colorScheme: "light", reducedMotion: "reduce" });
    await screen.goto(page.url());
    await screen.getByRole("table").scrollIntoViewIfNeeded();
    await screenshot(screen, "operations-drift");
    await isAccessible(screen);
    await screen.context().close();
  });

  test("that the provider does not answer is said, with what to do", async () => {
    await sandbox.stop();
    await page.goto(`${server.url}/app/call/${calls[0]?.twilio_sid ?? ""}`);
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("alert").getByText(/cannot be reached/).waitFor();
  });
});
