// F186: names that somebody else has chosen, on every page that shows one: nothing of them runs, nothing reaches out,
// and none bends the line or the page that it stands in.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page, Request } from "playwright-core";
import { ask } from "../lib/api.ts";
import { openBrowser } from "../lib/browser.ts";
import { enter, makePerson, type Person, tokenOf } from "../lib/people.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const HOSTILE: Record<string, string> = {
  markup: `<img src=x onerror="window.hit=1"><script>window.hit=1</script>`,
  "a way out of an attribute": `"><svg onload=window.hit=1> ' onmouseover='window.hit=1`,
  "a turned line": "\u202Etxt.exe\u2066\u202B",
  "lines of a header": `a"\r\nSet-Cookie: hit=1\r\n\r\n<b>`,
  "a formula": `=HYPERLINK("http://evil.example","x")`,
  "an address to go to": "javascript:window.hit=1",
  "ten thousand letters": "W".repeat(10_000),
};
const PAGES = ["", "calls", "calls/1", "inbox", "settings", "settings/project", "settings/people", "settings/account", "settings/keys", "settings/audit", "settings/roles", "start"];
/** What the API takes as a name. */
const MOST = 100;

let server: Server;
let browser: Browser;
let owner: Person;
let page: Page;
let token: string;
/** What the page has asked of others, and what it ran against its own rules. */
const strayed: string[] = [];
/** What it has asked the API, and not heard of yet. */
const open = new Set<Request>();

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  owner = await makePerson(server, "olga@example.com", "owner", "Olga Owner");
  token = await tokenOf(server, owner.email);
  const call = new FakeCall(server, "+15085140320");
  await call.arrives();
  await call.status("completed", { CallDuration: "9" });
  await call.recorded();
  await settled(server);
  page = await enter(browser, server, owner);
  page.on("request", (request) => { if (request.url().includes("/api/")) open.add(request); });
  page.on("requestfinished", (request) => { open.delete(request); });
  page.on("requestfailed", (request) => { open.delete(request); });
  page.on("dialog", (dialog) => { strayed.push(`a dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith(server.url) && !/^(?:data|blob):/.test(request.url())) strayed.push(request.url()); });
  page.on("console", (line) => { if (line.text().includes("Content Security Policy")) strayed.push(line.text()); });
});
after(async () => {
  await browser.close();
  await server.remove();
});

async function give(method: string, path: string, body: object): Promise<number> {
  return (await ask(server, path, { method, key: token, body })).status;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Gives a name to all that has one: by the API as far as it takes it, and the rest as if it always had been so. */
async function nameAll(name: string): Promise<void> {
  const fits = Buffer.byteLength(name) <= MOST;
  for (const [method, path, body] of [
    ["PATCH", "/api/settings", { name }],
    ["PATCH", "/api/me", { name }],
    ["POST", "/api/keys", { name, rights: ["calls.read"] }],
    ["POST", "/api/users", { name, email: `p${String(Math.random()).slice(2)}@example.com`, role: "viewer" }],
  ] as const) {
    const status = await give(method, path, body);
    assert.ok(fits ? status < 300 : status === 400, `${method} ${path}: ${String(status)}`);
  }
  // What a provider tells of a caller, an organisation by the tool, and what an older version may have taken.
  for (const table of ["orgs", "projects", "users", "api_keys"]) await sql(server, `UPDATE ${table} SET name = ${quoted(name)}`);
  await sql(server, `UPDATE contacts SET display_name = ${quoted(name)}`);
}

/** Places where a text that turns the line shares its line with other text, and nothing holds it in. */
function unheld(mark: string): string[] {
  const found: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!(node.textContent ?? "").includes(mark) || node.parentElement?.closest("script, style, option") ) continue;
    let element = node.parentElement;
    let isHeld = false;
    let isInLine = true;
    for (; element && isInLine && !isHeld; element = element.parentElement) {
      const { unicodeBidi, display } = getComputedStyle(element);
      isInLine = display === "inline"; // a block isolates itself, and not what is in it from each other
      isHeld = isInLine ? unicodeBidi.startsWith("isolate") || unicodeBidi === "plaintext" : element.textContent === node.textContent;
    }
    if (!isHeld) found.push((node.parentElement?.outerHTML ?? "").slice(0, 300));
  }
  return found;
}

describe("F186 a name", () => {
  for (const [what, name] of Object.entries(HOSTILE))
    test(`of ${what} is a name on every page`, async () => {
      await nameAll(name);
      let seen = 0;
      for (const path of PAGES) {
        await page.goto(`${server.url}/app/${path}`);
        await page.getByRole("button", { name: "Sign out" }).waitFor();
        await until("all answers are there", () => (open.size === 0 ? true : undefined));
        const state = await page.evaluate(() => ({
          hit: (window as { hit?: number }).hit,
          made: document.querySelectorAll('img[src="x"], svg[onload], [onmouseover], a[href^="javascript:"], body script:not([src])').length,
          text: document.body.textContent,
          tooWide: document.documentElement.scrollWidth - window.innerWidth,
        }));
        assert.equal(state.hit, undefined, path);
        assert.equal(state.made, 0, path);
        if (state.text.replaceAll(/\s+/g, " ").includes(name.replaceAll(/\s+/g, " ").trim())) seen += 1;
        assert.ok(state.tooWide <= 0, `/${path} is ${String(state.tooWide)} pixels too wide`);
        if (name.includes("\u202E")) assert.deepEqual(await page.evaluate(unheld, "\u202E"), [], path);
      }
      assert.ok(seen >= 3, `it is shown on ${String(seen)} pages`);
      assert.deepEqual(strayed, []);
      assert.deepEqual((await page.context().cookies()).filter((cookie) => cookie.name === "hit"), []);
    });
  test("that got out would be noticed", async () => {
    const found = await page.evaluate(() => {
      const line = document.createElement("p");
      line.innerHTML = `before <span>\u202Etxt.exe</span> after <img src=x onerror="window.hit=1">`;
      document.body.append(line);
      return document.querySelectorAll('img[src="x"]').length;
    });
    assert.equal(found, 1);
    assert.equal((await page.evaluate(unheld, "\u202E")).length, 1);
    await until("its own rules are broken", () => (strayed.length > 0 ? true : undefined)); // what is inline does not run
    assert.equal(await page.evaluate(() => (window as { hit?: number }).hit), undefined);
  });
});
