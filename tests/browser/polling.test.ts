// Without push the page reads the same feed as pages: later, and as complete.
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, PATIENCE_MS, openBrowser, showsStatus } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { FakeCall } from "../lib/twilio.ts";

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer({ REALTIME_PUSH_ENABLED: "false" });
  browser = await openBrowser();
  page = await browser.newPage({ viewport: DESKTOP });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(server.loginLink);
});
after(async () => {
  await browser.close();
  await server.remove();
});

test("calls are shown while push is switched off", async () => {
  await page.locator('[data-connection="polling"]').waitFor();
  const call = new FakeCall(server, "+15085140320");
  await call.arrives();
  await showsStatus(page, call.sid, "ringing");
  await call.status("in-progress");
  await showsStatus(page, call.sid, "in-progress");
});
