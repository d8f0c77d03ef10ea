// Every page has an address of its own and a name for its window, which a reload and the way back keep.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { anotherScreen, isAt, isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

/** More than fit on two pages of a conversation. */
const N_CALLS = 45;
const NAME = "+1 (508) 514-0320";

/** What the windows are called, before the name of the product. */
const TITLES: Record<string, Record<string, string>> = {
  "en-US": {
    "": "Live · Default project", calls: "Calls · Default project", "calls/1": `Calls · ${NAME}`, inbox: "Inbox · Default project", operations: "Operations · Default project",
    settings: "General · Default project", "settings/account": "My account · Default project", "settings/project": "Project · Default project",
    "settings/connections": "Connections · Default project", "settings/people": "People · Default project", "settings/roles": "Roles · Default project",
    "settings/keys": "API keys · Default project", "settings/audit": "Audit log · Default project", start: "Get started · Default project",
  },
  "ru-RU": {
    "": "Сейчас · Default project", calls: "Звонки · Default project", "calls/1": `Звонки · ${NAME}`, inbox: "Входящие · Default project", operations: "Работа · Default project",
    settings: "Общие · Default project", "settings/account": "Мой профиль · Default project", "settings/project": "Проект · Default project",
    "settings/connections": "Подключения · Default project", "settings/people": "Люди · Default project", "settings/roles": "Роли · Default project",
    "settings/keys": "Ключи API · Default project", "settings/audit": "Журнал действий · Default project", start: "Начало работы · Default project",
  },
};

let server: Server;
let browser: Browser;
let page: Page;
let last: FakeCall;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
  for (let i = 0; i < N_CALLS; i++) {
    last = new FakeCall(server, "+15085140320");
    await last.arrives();
    await last.status("no-answer");
  }
  await settled(server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** The number of unread conversations goes before, and is not looked at here. */
async function isCalled(of: Page, name: string): Promise<void> {
  let title = "";
  await until(`the window is called ${name}`, async () => {
    title = (await of.title()).replace(/^\(\d+\) /, "");
    return title === `${name} · Hookswitch` ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`the window is called ${title}`, { cause: error });
  });
}

for (const [locale, titles] of Object.entries(TITLES))
  test(`every page has its name, in ${locale}, also when it is loaded anew`, async () => {
    const other = await anotherScreen(browser, page, { locale });
    for (const [path, name] of Object.entries(titles)) {
      await other.goto(`${server.url}/app/${path}`);
      await isCalled(other, name);
      await other.reload();
      await isCalled(other, name);
      assert.equal(new URL(other.url()).pathname, `/app/${path}`);
    }
    await other.goto(`${server.url}/app/call/${last.sid}`);
    await isCalled(other, `${locale === "en-US" ? "Call" : "Звонок"} · ${NAME} → +1 (617) 500-6181`);
    await other.context().close();
  });

describe("a page of a conversation", () => {
  const range = (words: string) => page.getByRole("navigation", { name: "Pages of calls" }).getByText(words);

  test("is in the address, and kept by a reload, the way back and a call beside it", async () => {
    await page.goto(`${server.url}/app/calls/1`);
    await isLive(page);
    await range("1–20 of 45").waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await range("21–40 of 45").waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await range("41–45 of 45").waitFor();
    await isAt(page, "/app/calls/1?page=3");
    await page.reload();
    await range("41–45 of 45").waitFor();
    await page.locator('[data-conversation="1"][aria-current="page"]').waitFor();
    await page.goBack();
    await range("21–40 of 45").waitFor();

    const calls = page.getByRole("region", { name: "Conversation", exact: true });
    await calls.locator("ul > li a").first().click();
    await page.getByRole("dialog", { name: "Call" }).waitFor();
    await page.reload();
    await page.getByRole("dialog", { name: "Call" }).waitFor();
    await page.keyboard.press("Escape");
    await range("21–40 of 45").waitFor();
    await page.keyboard.press("Escape");
    await page.waitForURL("**/app/calls");
  });

  test("that is none is the first", async () => {
    await page.goto(`${server.url}/app/calls/1?page=-2`);
    await range("1–20 of 45").waitFor();
  });
});
