// Finding a conversation again: by name, by what its last call was and when, with the way there in the address.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, anotherScreen, isAccessible, openBrowser, signIn } from "../lib/browser.ts";
import { OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { type Door, FakeCall, type Params, deliver } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const DAY_MS = 86_400_000;
const THEN = Date.now() - 3 * DAY_MS;
const dayOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10);

const ANN = "Ann Example"; // was heard
const BOB = "+1 (508) 514-0321"; // was missed
const CLEO = "+1 (310) 555-0188"; // was called
const DAN = "+1 (212) 555-0177"; // called three days ago
const ALL = [ANN, BOB, CLEO, DAN];

let server: Server;
let browser: Browser;
let page: Page;

/** Calls that the provider tells of with the time of back then. */
function backThen(door: Door, params: Params): Promise<void> {
  return deliver(server, door, { ...params, Timestamp: new Date(THEN).toUTCString().replace("GMT", "+0000") });
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  await new FakeCall(server, "+12125550177", OWNED_NUMBER, null, backThen).status("no-answer");
  const ann = new FakeCall(server, "+15085140320");
  await ann.arrives();
  await ann.status("completed", { CallDuration: "35" });
  await ann.recorded();
  await new FakeCall(server, "+15085140321").status("no-answer");
  await new FakeCall(server, OWNED_NUMBER, "+13105550188").status("completed", { CallDuration: "12" });
  await settled(server);
  await sql(server, `UPDATE contacts SET display_name = '${ANN}' WHERE phone_number = '+15085140320';`);
  const person = await signIn(browser, server);
  page = await anotherScreen(browser, person, { viewport: DESKTOP, timezoneId: "UTC", reducedMotion: "reduce" });
});
beforeEach(async () => {
  await page.goto(`${server.url}/app/calls`);
  await shows(...ALL);
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** These conversations are listed, and no other. */
async function shows(...names: string[]): Promise<void> {
  let seen = "";
  const wanted = [...names].sort().join();
  await until("the list", async () => {
    const rows = await page.getByRole("list", { name: "Conversations" }).locator("[data-conversation]").allInnerTexts();
    seen = rows.map((row) => ALL.find((name) => row.includes(name)) ?? row).sort().join();
    return seen === wanted ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`listed are ${seen}, not ${wanted}`, { cause: error });
  });
}

/** The address says so, and nothing else. */
const tells = (query: Record<string, string>): Promise<void> => page.waitForURL(({ searchParams }) => searchParams.toString() === new URLSearchParams(query).toString());
const search = () => page.getByRole("searchbox", { name: "Name or number" });
const direction = () => page.getByRole("combobox", { name: "Direction of the last call" });
const recording = () => page.getByRole("search").getByRole("button", { name: "Recording" });

describe("a conversation", () => {
  test("is found by a part of its name, however it is written, and opened", async () => {
    await search().fill("ann EX");
    await shows(ANN);
    await tells({ q: "ann EX" });
    await page.getByRole("link", { name: ANN }).click();
    await page.getByRole("region", { name: "Conversation", exact: true }).getByRole("heading", { name: ANN }).waitFor();
    await tells({ q: "ann EX" });
  });
});

type Narrowing = { set: () => Promise<unknown>; query: Record<string, string>; shown: string[]; isSet: () => Promise<boolean> };

const NARROWINGS: Record<string, Narrowing> = {
  "its direction": {
    set: () => direction().selectOption("outbound"),
    query: { direction: "outbound" },
    shown: [CLEO],
    isSet: async () => (await direction().inputValue()) === "outbound",
  },
  "whether it was recorded": {
    set: () => recording().click(),
    query: { recording: "true" },
    shown: [ANN],
    isSet: async () => (await recording().getAttribute("aria-pressed")) === "true",
  },
  "its first day": {
    set: () => page.getByLabel("From").fill(dayOf(THEN + DAY_MS)),
    query: { from: dayOf(THEN + DAY_MS) },
    shown: [ANN, BOB, CLEO],
    isSet: async () => (await page.getByLabel("From").inputValue()) === dayOf(THEN + DAY_MS),
  },
  "its last day, which is in it": {
    set: () => page.getByLabel("to", { exact: true }).fill(dayOf(THEN)),
    query: { to: dayOf(THEN) },
    shown: [DAN],
    isSet: async () => (await page.getByLabel("to", { exact: true }).inputValue()) === dayOf(THEN),
  },
};

describe("the list is narrowed by a last call's", () => {
  for (const [what, { set, query, shown, isSet }] of Object.entries(NARROWINGS))
    test(`${what}: in the address, over a reload, and back`, async () => {
      await set();
      await shows(...shown);
      await tells(query);
      await page.reload();
      await shows(...shown);
      assert.ok(await isSet(), "the field does not say so");
      await page.goBack();
      await shows(...ALL);
      await tells({});
      assert.ok(!(await isSet()), "the field still says so");
      await page.goForward();
      await shows(...shown);
    });

  test("two sides at once, and each is taken back by itself", async () => {
    await page.getByLabel("From").fill(dayOf(THEN + DAY_MS));
    await direction().selectOption("inbound");
    await shows(ANN, BOB);
    await recording().click();
    await shows(ANN);
    await page.goBack();
    await shows(ANN, BOB);
    await direction().selectOption("");
    await shows(ANN, BOB, CLEO);
    await tells({ from: dayOf(THEN + DAY_MS) });
  });
});

test("when nothing matches that is said, and one step clears everything", async () => {
  await search().fill("Quentin");
  await page.waitForURL("**?q=Quentin");
  await recording().click();
  await page.getByText("Nothing matches").waitFor();
  await tells({ q: "Quentin", recording: "true" });
  await isAccessible(page);
  await page.getByRole("button", { name: "Clear" }).click();
  await shows(...ALL);
  await tells({});
  assert.equal(await search().inputValue(), "");
});
