// Who has chosen Russian sees Russian: no word of the API or of the provider stands on a page by itself.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ask } from "../lib/api.ts";
import { DESKTOP, anotherScreen, isAccessible, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { document as description } from "../lib/openapi.ts";
import { makePerson, tokenOf } from "../lib/people.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall, deliverPoison } from "../lib/twilio.ts";

/** Words that stand for themselves: a right is named as the API names it, beside its own word. */
const NAMES = new Set(["twilio", "sqlite", "postgres", "postgresql", "utc"]);

/** All that the API says in words of its own: the enumerations of its description. */
function wordsOfApi(): string[] {
  const found = new Set<string>();
  const look = (at: unknown): void => {
    if (typeof at !== "object" || at === null) return;
    const words = (at as { enum?: unknown }).enum;
    if (Array.isArray(words)) for (const word of words) if (typeof word === "string" && /^[a-z][a-z_-]{3,}$/.test(word)) found.add(word);
    Object.values(at).forEach(look);
  };
  look(description.components);
  return [...found].filter((word) => !NAMES.has(word));
}

let server: Server;
let browser: Browser;
let page: Page;
let refused: FakeCall;
let poison: string;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  const key = await tokenOf(server, (await makePerson(server, "olga@example.com", "owner", "Ольга")).email);
  refused = new FakeCall(server, "+15085140320");
  await refused.arrives();
  for (const status of ["in-progress", "ringing", "held", "completed", "busy"]) await refused.status(status);
  await refused.recorded({ RecordingStatus: "absent" });
  await deliverPoison(server);
  const talking = new FakeCall(server, "+12125550123");
  await talking.arrives();
  await talking.status("in-progress");
  await settled(server);
  const dead = await ask<{ events: { id: string }[] }>(server, "/api/events?processing_status=dead_letter", { key });
  poison = dead.body.events[0]?.id ?? assert.fail("no dead letter");
  const person = await signIn(browser, server, { locale: "ru-RU" });
  page = await anotherScreen(browser, person, { viewport: DESKTOP, locale: "ru-RU", reducedMotion: "reduce" });
  const { status } = await ask(server, "/api/flags", { method: "PATCH", key, body: { realtime_push_enabled: "off" } });
  assert.equal(status, 200);
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** The words of the API in what is read on the page or told on pointing, but for what is quoted: code, payloads and what people named. */
function wordsOnPage(): Promise<string[]> {
  return page.evaluate((words) => {
    const quoted = "noscript, code, pre, kbd, script, style, input, textarea, [translate=no]";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const said: string[] = [];
    while (walker.nextNode()) {
      const { parentElement, nodeValue } = walker.currentNode;
      if (parentElement?.closest(quoted) === null) said.push(nodeValue ?? "");
    }
    for (const name of ["title", "aria-label", "placeholder", "alt"])
      for (const element of document.querySelectorAll(`[${name}]`))
        if (element.closest("code, pre, kbd, [translate=no]") === null) said.push(element.getAttribute(name) ?? "");
    const found: string[] = [];
    for (const each of said) {
      const own = each.replaceAll(/[“«][^”»]*[”»]/g, "");
      for (const word of own.match(/(?<![\w./@-])[a-z][a-z_-]{3,}(?![\w./@-])/g) ?? []) if (words.includes(word)) found.push(`${word}: ${each}`);
    }
    return found;
  }, wordsOfApi());
}

describe("in Russian", () => {
  test("the words that are looked for are those of the API", () => {
    const words = wordsOfApi();
    for (const word of ["in-progress", "no-answer", "dead_letter", "too_late", "degraded", "webhook"]) assert.ok(words.includes(word), word);
  });

  const places: Record<string, { path: () => string; seen: string }> = {
    live: { path: () => "/app/", seen: "Разговор" },
    calls: { path: () => "/app/calls", seen: "собеседника" },
    conversation: { path: () => "/app/calls/1", seen: "Отвечен," },
    call: { path: () => `/app/call/${refused.sid}`, seen: "Ничего не изменило: звонок завершился иначе, остаётся «завершён»" },
    panel: { path: () => `/app/?call=${refused.sid}`, seen: "пришло слишком поздно, после «идёт»" },
    inbox: { path: () => "/app/inbox", seen: "Не обработано" },
    reasons: { path: () => "/app/inbox?state=dead_letter", seen: "Нет CallSid" },
    event: { path: () => `/app/inbox?event=${poison}`, seen: "Ключ дедупликации" },
    operations: { path: () => "/app/operations", seen: "Мгновенные обновления отключены." },
    runs: { path: () => "/app/operations?runs=freeze", seen: "Запуски" },
    settings: { path: () => "/app/settings", seen: "Звук" },
    account: { path: () => "/app/settings/account", seen: "Пароль" },
    project: { path: () => "/app/settings/project", seen: "Проект" },
    connections: { path: () => "/app/settings/connections", seen: "Подключения" },
    people: { path: () => "/app/settings/people", seen: "Ольга" },
    roles: { path: () => "/app/settings/roles", seen: "Роли" },
    keys: { path: () => "/app/settings/keys", seen: "Ключи" },
    audit: { path: () => "/app/settings/audit", seen: "Журнал" },
    start: { path: () => "/app/start", seen: "вебхук" },
  };
  for (const [place, { path, seen }] of Object.entries(places))
    test(`${place} says nothing in the API's words, and can be used by everybody`, async () => {
      await page.goto(server.url + path());
      await page.locator('html[lang="ru"]').waitFor();
      await page.locator("main").waitFor();
      await page.getByText(seen).first().waitFor();
      await page.locator("[class*=Skeleton]").first().waitFor({ state: "detached" });
      await screenshot(page, `${place}-ru`);
      assert.deepEqual(await wordsOnPage(), []);
      await isAccessible(page);
    });
});
