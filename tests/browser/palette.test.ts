// The one field that leads everywhere, by the keyboard alone, in both colours.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, anotherScreen, isAccessible, isAt, isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

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
      await isAt(page, "/app/");
    });
  });

describe("what the palette can do", () => {
  let page: Page;
  const field = () => page.locator("input[role=combobox]:focus");
  const option = (name: string | RegExp) => page.getByRole("option", { name });
  const ask = async (words: string): Promise<void> => {
    await page.keyboard.press("Control+k");
    await field().fill(words);
  };
  const leave = async (): Promise<void> => {
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };
  /** A piece that is named so is there, and all that was asked for with it: what is still to come has no entry. */
  const isFetched = (piece: string): Promise<boolean> =>
    page.evaluate((name) => {
      const there = new Set(performance.getEntriesByType("resource").map((entry) => entry.name));
      const linked = [...document.querySelectorAll<HTMLLinkElement>("link[rel=modulepreload], link[rel=stylesheet]")].map(({ href }) => href);
      return [...there].some((url) => url.includes(`/assets/${name}-`) && url.endsWith(".js")) && linked.every((url) => there.has(url));
    }, piece);
  before(async () => {
    page = await anotherScreen(browser, person, { viewport: DESKTOP, acceptDownloads: true });
  });
  beforeEach(async () => {
    await page.goto(`${server.url}/app/`);
    await isLive(page);
  });
  after(() => page.context().close());

  test("is fetched before somebody asks for it, when there is nothing else to do", async () => {
    await page.reload();
    await until("it is there with all its pieces", async () => (await isFetched("palette")) || undefined);
    await page.route("**/app/assets/**", (route) => route.abort());
    await ask("inbox");
    await option("Go to Inbox").waitFor();
    await page.unroute("**/app/assets/**");
  });

  test("finds again what was looked for, marked, until something was done", async () => {
    await ask("inbox");
    await leave();
    await page.keyboard.press("Control+k");
    await field().waitFor();
    assert.equal(await field().inputValue(), "inbox");
    await page.keyboard.type("oper"); // in place of what is marked
    assert.equal(await field().inputValue(), "oper");
    await option("Go to Operations").click();
    await page.waitForURL("**/app/operations");
    await page.keyboard.press("Control+k");
    await field().waitFor();
    assert.equal(await field().inputValue(), "");
  });

  test("switches the sound, and offers the other way then", async () => {
    await ask("sound");
    await option("Sound for incoming calls: On").click();
    await ask("sound");
    await option("Sound for incoming calls: Off").click();
    await ask("sound");
    await option("Sound for incoming calls: On").waitFor();
  });

  test("exports the list that is in sight, and nothing where there is none", async () => {
    await ask("export");
    await option("Search all calls for “export”").waitFor();
    assert.equal(await option(/^Export CSV/).count(), 0);
    await leave();
    await page.goto(`${server.url}/app/calls`);
    await page.getByRole("button", { name: "Export CSV" }).waitFor();
    await ask("export");
    const download = page.waitForEvent("download");
    await option("Export CSV: conversations").click();
    assert.match((await download).suggestedFilename(), /^conversations/);
  });

  test("leads to what was received of a call that never came to be, and says so of a SID that nothing has", async () => {
    const sid = `CA${"ab".repeat(16)}`;
    await sql(server, `INSERT INTO webhook_inbox (project_id, provider, source, event_type, call_sid, lane, dedupe_key, payload, processing_status, error, received_at, next_attempt_at)
      SELECT project_id, provider, source, event_type, '${sid}', '${sid}', 'palette', payload, 'dead_letter', 'never', received_at, next_attempt_at FROM webhook_inbox LIMIT 1;`);
    await ask(sid.toLowerCase());
    await option(`Open what was received of ${sid}`).click();
    await page.waitForURL(/\/app\/inbox\?event=\d+$/);
    await page.getByRole("dialog", { name: "Received event" }).getByText(sid).first().waitFor();
    await leave();
    await ask(`RE${"cd".repeat(16)}`);
    await page.getByText("Nothing here has this SID").waitFor();
    assert.equal(await page.getByRole("option").count(), 0);
    await page.locator("input[role=combobox]").fill(`AC${"cd".repeat(16)}`);
    await option("Go to Connections").first().waitFor();
    assert.equal(await page.getByText("Nothing here has this SID").count(), 0);
  });

  test("lies over a sheet and leaves it as it is: one Escape for each", async () => {
    await page.goto(`${server.url}/app/settings/project?sheet=project`);
    const sheet = page.getByRole("dialog", { name: "Make a project" });
    await sheet.getByLabel("Name").fill("Night shift");
    await ask("inbox");
    await page.keyboard.press("Escape");
    await field().waitFor({ state: "detached" });
    assert.equal(await sheet.getByLabel("Name").inputValue(), "Night shift");
    assert.equal(new URL(page.url()).searchParams.get("sheet"), "project");
    await leave();
    assert.equal(new URL(page.url()).searchParams.get("sheet"), null);
  });

  test("gives the focus back to who had it before, also when what it led to in the same room is left", async () => {
    await page.goto(`${server.url}/app/settings/people`);
    await page.getByRole("button", { name: "Invite somebody" }).focus();
    await ask("invite some");
    await option("Invite somebody").first().click();
    await page.getByRole("dialog", { name: "Invite somebody" }).waitFor();
    await leave();
    await page.locator("button:focus", { hasText: "Invite somebody" }).waitFor();
  });

  test("speaks another language, and goes away with the session", async () => {
    await ask("русский");
    await option("Language: Русский").click();
    await page.locator("html[lang=ru]").waitFor();
    await isLive(page);
    await ask("english");
    await option("Язык: English").click();
    await page.locator("html[lang=en]").waitFor();
    await isLive(page);
    await ask("sign out");
    await option("Sign out action").click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});
