// Tables for spreadsheets: of the conversations that are listed, and of the calls of one.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page, Route } from "playwright-core";
import { openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { FakeCall } from "../lib/twilio.ts";

/** More than a page of the API. */
const CROWD = 105;
const ZONE = "America/New_York";

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  for (let i = 0; i < CROWD; i++) {
    const call = new FakeCall(server, `+1202555${String(1000 + i)}`);
    await call.arrives();
    await call.status(i === 0 ? "busy" : "no-answer");
  }
  await settled(server);
  await sql(server, `UPDATE contacts SET display_name = '=HYPERLINK("http://evil")' WHERE phone_number = '+12025551000';`);
  page = await signIn(browser, server, { timezoneId: ZONE });
});
after(async () => {
  await browser.close();
  await server.remove();
});

const listed = (): Locator => page.getByRole("region", { name: "Conversations" });
const opened = (): Locator => page.getByRole("region", { name: "Conversation", exact: true });

/** The lines of the table that a button hands over, and its name. */
async function exported(within: Locator): Promise<{ name: string; lines: string[] }> {
  const download = page.waitForEvent("download");
  await within.getByRole("button", { name: "Export CSV" }).click();
  const file = await download;
  const table = await readFile(await file.path(), "utf8");
  assert.ok(table.startsWith("\uFEFF") && table.endsWith("\r\n"));
  return { name: file.suggestedFilename(), lines: table.slice(1, -2).split("\r\n") };
}

/** What the audit log says of the last one. */
async function noted(): Promise<{ entity: { id: string }; details: unknown }> {
  const audit = await page.request.get(`${server.url}/api/audit?action=export.made`);
  const { entries } = (await audit.json()) as { entries: { entity: { id: string }; details: unknown }[] };
  assert.ok(entries[0]);
  return entries[0];
}

describe("the export", () => {
  test("has all conversations, more than are loaded, and no formula", async () => {
    await page.goto(`${server.url}/app/calls`);
    const { name, lines } = await exported(listed());
    assert.match(name, /^conversations-\d{4}-\d\d-\d\d\.csv$/);
    assert.equal(lines.shift(), `Contact,Number,Last call (UTC),Last call (${ZONE}),Direction,Outcome`);
    assert.equal(lines.length, CROWD);
    assert.equal(new Set(lines).size, CROWD);
    const odd = lines.filter((line) => line.includes("HYPERLINK"));
    assert.equal(odd.length, 1);
    assert.ok(odd[0]?.startsWith(`"'=HYPERLINK(""http://evil"")",'+12025551000,`), odd[0]);
    const audit = await page.request.get(`${server.url}/api/audit?action=export.made`);
    const { entries } = (await audit.json()) as { entries: unknown[] };
    assert.equal(entries.length, 1); // who took what is noted
    assert.match(JSON.stringify(entries[0]), new RegExp(`"conversations".*"rows":${String(CROWD)}`));
    const [, , utc, own, direction, outcome] = lines.find((line) => line.includes("+12025551001"))?.split(",") ?? [];
    assert.deepEqual([direction, outcome], ["Inbound", "Missed: nobody answered"]);
    const inZone = new Date(utc ?? "").toLocaleString("sv-SE", { timeZone: ZONE });
    assert.equal(own, inZone);
  });

  test("tells times by the zone that was chosen in the settings", async () => {
    const zone = "Asia/Yekaterinburg";
    await page.evaluate((value) => localStorage.setItem("hookswitch-zone", value), zone);
    const { lines } = await exported(listed());
    assert.equal(lines[0], `Contact,Number,Last call (UTC),Last call (${zone}),Direction,Outcome`);
    const [, , utc, own] = lines[1]?.split(",") ?? [];
    assert.equal(own, new Date(utc ?? "").toLocaleString("sv-SE", { timeZone: zone }));
    await page.evaluate(() => localStorage.removeItem("hookswitch-zone"));
  });

  test("has what the filter lets through", async () => {
    await page.goto(`${server.url}/app/calls?status=busy`);
    await listed().getByText("1 conversation", { exact: true }).waitFor();
    assert.equal((await exported(listed())).lines.length, 2);
    const { entity, details } = await noted();
    assert.deepEqual([entity.id, details], ["conversations", { rows: 1, filter: { status: "busy" } }]);
    await page.goto(`${server.url}/app/settings/audit`);
    await page.getByText("Took a table away: conversations, status=busy").first().waitFor();
  });

  test("has the calls of one conversation", async () => {
    const again = new FakeCall(server, "+12025551001");
    await again.arrives();
    await again.status("completed", { CallDuration: "35" });
    await settled(server);
    await page.goto(`${server.url}/app/calls?q=555-1001`);
    await page.locator("[data-conversation]").first().click();
    await opened().getByText("Missed: nobody answered").waitFor();
    const { name, lines } = await exported(opened());
    assert.match(name, /^calls-12025551001-\d{4}-\d\d-\d\d\.csv$/);
    assert.equal(lines[0], `Time (UTC),Time (${ZONE}),Direction,Outcome,"Waited, seconds","Talked, seconds",Call SID,Recording`);
    assert.equal(lines.length, 3);
    assert.ok(lines[1]?.endsWith(`,Inbound,Answered,0,35,${again.sid},`), lines[1]);
    const [{ id } = { id: "" }] = ((await (await page.request.get(`${server.url}/api/conversations?q=555-1001`)).json()) as { conversations: { id: string }[] }).conversations;
    const { entity, details } = await noted();
    assert.deepEqual([entity.id, details], ["calls", { rows: 2, filter: { conversation_id: id } }]);
  });

  test("says in the audit log that it is of what is unread", async () => {
    const again = new FakeCall(server, "+12025551002");
    await again.arrives();
    await again.status("no-answer");
    await settled(server);
    await page.goto(`${server.url}/app/calls?unread=true`);
    await listed().getByText("1 conversation", { exact: true }).waitFor();
    assert.equal((await exported(listed())).lines.length, 2);
    assert.deepEqual((await noted()).details, { rows: 1, filter: { unread: "true" } });
  });

  test("tells how far it is, and can be cancelled", async () => {
    await page.goto(`${server.url}/app/calls`);
    await listed().getByRole("button", { name: "Export CSV" }).waitFor();
    const hold = (route: Route): void => void route;
    await page.route("**/api/conversations?*cursor=*", hold);
    await listed().getByRole("button", { name: "Export CSV" }).click();
    await listed().getByText(`Exporting ${String(Math.floor(10_000 / CROWD))}%`).waitFor();
    await listed().getByRole("button", { name: "Cancel" }).click();
    await page.unroute("**/api/conversations?*cursor=*", hold);
    const { lines } = await exported(listed());
    assert.equal(lines.length, CROWD + 1);
  });

  test("says what is wrong, and how to mend it", async () => {
    await page.route("**/api/conversations?*cursor=*", (route) => route.abort());
    await listed().getByRole("button", { name: "Export CSV" }).click();
    await listed().getByRole("alert").getByText("The server cannot be reached").waitFor();
    await listed().getByText("Check that Hookswitch is running").waitFor();
    await page.unroute("**/api/conversations?*cursor=*");
    assert.equal((await exported(listed())).lines.length, CROWD + 1);
    assert.equal(await listed().getByRole("alert").count(), 0);
  });
});
