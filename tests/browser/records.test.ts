// Long lists of records, people and the audit log: only what is in sight is drawn, and they are walked by key.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";

const N_PEOPLE = 130;
const MOST_NODES = 600;

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
  await page.evaluate(async (n) => {
    for (let i = 0; i < n; i++) {
      const body = JSON.stringify({ name: `Person ${String(i)}`, email: `p${String(i)}@example.com`, role: "viewer" });
      const answer = await fetch("/api/users", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (!answer.ok) throw new Error(await answer.text());
    }
  }, N_PEOPLE);
});
after(async () => {
  await browser.close();
  await server.remove();
});

const focused = (): Promise<number> => page.evaluate(() => Number(document.activeElement?.closest("[aria-posinset]")?.getAttribute("aria-posinset") ?? 0));
const nodes = (label: string): Promise<number> => page.getByRole("list", { name: label }).evaluate((list) => list.querySelectorAll("*").length);

/** All there is: page after page, each at the end of what was loaded. */
async function loadAll(room: string, label: string, more: string): Promise<number> {
  await page.goto(`${server.url}/app/settings/${room}`);
  await isLive(page);
  await page.getByRole("list", { name: label }).getByRole("listitem").first().waitFor();
  const button = page.getByRole("button", { name: more });
  const size = async (): Promise<number> => Number(await page.locator("[aria-setsize]").first().getAttribute("aria-setsize"));
  while ((await button.count()) > 0) {
    const before = await size();
    await button.click();
    await page.locator(`[aria-setsize]:not([aria-setsize="${String(before)}"])`).first().waitFor();
  }
  return size();
}

for (const [room, label, more] of [["people", "People", "Show more"], ["audit", "Audit log", "Show older"]] as const)
  describe(`the list of ${room}`, () => {
    test(`has at most ${String(MOST_NODES)} elements however many rows were loaded, at its top and at its end`, async () => {
      const all = await loadAll(room, label, more);
      assert.ok(all > N_PEOPLE, `${String(all)} rows`);
      assert.ok((await nodes(label)) <= MOST_NODES, `${String(await nodes(label))} elements`);
      await page.evaluate(() => {
        window.scrollTo(0, document.documentElement.scrollHeight);
      });
      await page.locator(`[aria-posinset="${String(all)}"]`).waitFor();
      assert.ok((await nodes(label)) <= MOST_NODES, `${String(await nodes(label))} elements`);
    });

    test("is walked by j and k, further than what was drawn, and opened by Enter", async () => {
      await loadAll(room, label, more);
      await page.evaluate(() => {
        window.scrollTo(0, 0);
      });
      await page.locator('[aria-posinset="1"]').waitFor();
      for (let at = 1; at <= 40; at++) {
        await page.locator(`[aria-posinset="${String(at)}"]`).waitFor(); // keys can be faster than what is drawn
        await page.keyboard.press("j");
        await page.waitForFunction((n) => document.activeElement?.closest("[aria-posinset]")?.getAttribute("aria-posinset") === String(n), at);
      }
      await page.keyboard.press("k");
      await page.waitForFunction(() => document.activeElement?.closest("[aria-posinset]")?.getAttribute("aria-posinset") === "39");
      await page.keyboard.press("Enter");
      if (room === "people") await page.getByRole("dialog").waitFor();
      else await page.locator('[aria-posinset="39"] [aria-expanded="true"]').waitFor();
      assert.ok((await nodes(label)) <= MOST_NODES, `${String(await nodes(label))} elements`);
      if (room === "people") await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.waitForFunction(() => document.activeElement?.closest("[aria-posinset]")?.getAttribute("aria-posinset") === "39");
      assert.equal(await focused(), 39);
    });
  });
