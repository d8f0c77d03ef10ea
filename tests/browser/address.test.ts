// What is open over a page, and what is selected or in sight in it, stands in the address: it survives a reload and Back.
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAt, isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { FakeCall, deliverPoison } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

/** More than the pages of the list that are loaded at first. */
const N_CONVERSATIONS = 350;

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
  for (let n = 0; n < 3; n++) await deliverPoison(server);
  for (let n = 0; n < N_CONVERSATIONS; n++) await new FakeCall(server, `+1202555${String(1000 + n)}`).arrives();
  await settled(server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

const dialog = (name: string) => page.getByRole("dialog", { name });

describe("a sheet in the address", () => {
  const SHEETS = [
    { where: "calls?missed=true", name: "keys", title: "Keys", open: () => page.keyboard.press("?") },
    { where: "settings/people", name: "invite", title: "Invite", open: () => page.getByRole("button", { name: "Invite" }).click() },
    { where: "settings/keys", name: "key", title: "Make a key", open: () => page.getByRole("button", { name: "Make a key" }).click() },
    { where: "settings/connections", name: "connect", title: "Connect", open: () => page.getByRole("button", { name: "Connect an account" }).click() },
    { where: "settings/project", name: "project", title: "Make a project", open: () => page.getByRole("button", { name: "Make a project" }).click() },
  ];
  for (const { where, name, title, open } of SHEETS)
    test(`${name}: survives a reload and the way back, and is left by Escape`, async () => {
      await page.goto(`${server.url}/app/${where}`);
      await isLive(page);
      await page.getByRole("main").getByText("Loading").first().waitFor({ state: "detached" });
      await open();
      await dialog(title).waitFor();
      await page.waitForURL(({ searchParams }) => searchParams.get("sheet") === name);
      await page.reload();
      await dialog(title).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await isAt(page, `/app/${where}`);
      await page.goBack();
      await dialog(title).waitFor();
      await page.goBack();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await isAt(page, `/app/${where}`);
    });
});

describe("the inbox in the address", () => {
  test("keeps its filter, what is open and what is selected, across a reload, another room and Back", async () => {
    await page.goto(`${server.url}/app/inbox?state=dead_letter`);
    await page.locator("[data-group]").first().getByRole("link").click();
    const boxes = page.locator("[data-event]").getByRole("checkbox");
    await boxes.nth(0).click();
    await boxes.nth(2).click();
    const selected = page.getByRole("group", { name: "Selection" }).getByText("2 selected");
    await selected.waitFor();
    await page.locator("[data-event] a").nth(1).click();
    await dialog("Received event").waitFor();
    await page.waitForURL(({ searchParams }) => searchParams.has("picked") && searchParams.has("event"));
    const there = page.url();
    await page.reload();
    await dialog("Received event").waitFor();
    await selected.waitFor();
    await until("both are picked", async () => (await page.locator("[data-event][data-picked=true]").count()) === 2 || undefined);
    await page.goto(`${server.url}/app/calls`);
    await page.goBack();
    await dialog("Received event").waitFor();
    await selected.waitFor();
    await page.waitForURL(there);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Select none" }).click();
    await selected.waitFor({ state: "detached" });
    await page.waitForURL(({ searchParams }) => !searchParams.has("picked"));
  });

  test("passes over what is selected by a link and may not be replayed, or is not there", async () => {
    await sql(server, "UPDATE webhook_inbox SET processing_status = 'completed' WHERE id = 1;");
    await page.goto(`${server.url}/app/inbox?picked=1-2.999999999`);
    await page.getByRole("group", { name: "Selection" }).getByText("1 selected").waitFor();
  });
});

describe("a conversation far down the list", () => {
  test("is in sight when a link leads to it, and its neighbours with it", async () => {
    await page.goto(`${server.url}/app/calls`);
    await page.locator("[data-conversation]").first().waitFor();
    const far = await page.evaluate(async () => {
      const answer = await fetch("/api/conversations?page=3&limit=100");
      const { conversations } = (await answer.json()) as { conversations: { id: string }[] };
      return conversations[50]?.id ?? "";
    });
    await page.goto(`${server.url}/app/calls/${far}`);
    const row = page.locator(`[data-conversation="${far}"]`);
    await row.waitFor();
    const isSeen = () => row.evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return document.elementsFromPoint(40, (top + bottom) / 2).some((each) => each.contains(element) || element.contains(each)) && top > 0 && bottom < window.innerHeight;
    });
    await until("the row is in sight", async () => (await isSeen()) || undefined);
    await row.and(page.locator('[aria-current="page"]')).waitFor();
    await until("its neighbours are there", async () => (await page.locator("[data-conversation]").count()) > 5 || undefined);
  });
});
