// The one field that leads everywhere, by the keyboard alone, in both colours.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, anotherScreen, isAccessible, isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { FakeCall } from "../lib/twilio.ts";

const ANN = "Ann Example";
const BOB = "+1 (508) 514-0321";
const OTHER = { light: "dark", dark: "light" } as const;

let server: Server;
let browser: Browser;
let person: Page;
let call: FakeCall;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  for (const from of ["+15085140320", "+15085140321"]) {
    call = new FakeCall(server, from);
    await call.arrives();
    await call.status("no-answer");
  }
  await settled(server);
  await sql(server, `UPDATE contacts SET display_name = '${ANN}' WHERE phone_number = '+15085140320';`);
  person = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

for (const colorScheme of ["light", "dark"] as const)
  describe(`the palette in ${colorScheme} colours`, () => {
    let page: Page;
    async function open(): Promise<void> {
      await page.keyboard.press("Control+k");
      await page.locator("input[role=combobox]:focus").waitFor();
    }
    before(async () => {
      await sql(server, "UPDATE users SET theme = 'auto';"); // what was chosen on another screen counts on this one
      page = await anotherScreen(browser, person, { viewport: DESKTOP, colorScheme, reducedMotion: "reduce" });
    });
    beforeEach(async () => {
      await page.goto(`${server.url}/app/`);
      await isLive(page);
      await open();
    });
    after(() => page.context().close());

    const option = (name: string) => page.getByRole("option", { name });
    const chosen = () => page.locator('[role=option][aria-selected="true"]');
    const isClosed = () => page.getByRole("dialog").waitFor({ state: "detached" });

    /** Types, until this is offered and there is nothing to be found fault with. */
    async function finds(words: string, name: string): Promise<void> {
      await page.keyboard.type(words);
      await option(name).waitFor();
      await isAccessible(page);
    }

    /** By arrows to what is offered; no further than once around. */
    async function choose(name: string): Promise<void> {
      const all = await page.getByRole("option").count();
      for (let i = 0; i < all && !(await chosen().innerText()).includes(name); i++) await page.keyboard.press("ArrowDown");
      assert.ok((await chosen().innerText()).includes(name), `${await chosen().innerText()} is chosen, not ${name}`);
      const active = await page.locator("input[role=combobox]").getAttribute("aria-activedescendant");
      assert.equal(await chosen().getAttribute("id"), active); // what is read out
      await page.keyboard.press("Enter");
      await isClosed();
    }

    for (const [what, words, name] of [["a number", "508 514-0321", BOB], ["a contact", "ann ex", ANN]] as const)
      test(`leads to ${what}`, async () => {
        await finds(words, name);
        await choose(name);
        await page.waitForURL(/\/app\/calls\/\d+$/);
        await page.getByRole("region", { name: "Conversation", exact: true }).getByRole("heading", { name }).waitFor();
      });

    test("leads to a call by its SID", async () => {
      await finds(call.sid, `Open call ${call.sid}`);
      await choose("Open call");
      await page.waitForURL(`**/app/call/${call.sid}`);
      await page.getByText("Event log").waitFor();
    });

    test("does what is asked of it", async () => {
      const other = OTHER[colorScheme];
      await finds(`to ${other}`, `Switch to ${other} colours`);
      await choose(`Switch to ${other} colours`);
      await page.locator(`html[data-mantine-color-scheme="${other}"]`).waitFor();
      await open();
      await finds(`to ${colorScheme}`, `Switch to ${colorScheme} colours`);
      await choose(`Switch to ${colorScheme} colours`);
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    });

    test("offers the search itself for what it does not know, and goes round by the arrows", async () => {
      await finds("zzz", "Search all calls for “zzz”");
      assert.equal(await page.getByRole("option").count(), 1);
      for (let i = 0; i < 3; i++) await page.keyboard.press("Backspace");
      const all = page.getByRole("option");
      await option("Go to Inbox").waitFor();
      await page.keyboard.press("ArrowUp");
      assert.equal(await chosen().innerText(), await all.last().innerText());
      await page.keyboard.press("ArrowDown");
      assert.equal(await chosen().innerText(), await all.first().innerText());
    });

    test("is left by Escape, and nothing has happened", async () => {
      await finds("inbox", "Go to Inbox");
      await page.keyboard.press("Escape");
      await isClosed();
      assert.equal(new URL(page.url()).pathname, "/app/");
    });
  });
