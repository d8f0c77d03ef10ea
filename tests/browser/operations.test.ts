// The flow of events as the person on call sees it: well, in trouble, and out of reach.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page, Route } from "playwright-core";
import { PATIENCE_MS, PHONE, anotherScreen, isAt, openBrowser, pressPair, signIn } from "../lib/browser.ts";
import { ended, idle, start } from "../lib/jobs.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall, deliverPoison } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer({ CANARY_SECONDS: "1" });
  browser = await openBrowser();
  page = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

const figure = (name: string) => page.locator("dt").filter({ hasText: new RegExp(`^${name}$`) }).locator("+ dd");

describe("the room of operations", () => {
  test("is reached by key, and says that all is well", async () => {
    await pressPair(page, "g", "o");
    await isAt(page, "/app/operations");
    await page.getByText("All well").waitFor();
    await page.getByText("Nothing was missing").waitFor();
  });

  test("counts what flows", async () => {
    await new FakeCall(server, "+15085140360").arrives();
    await settled(server);
    await figure("Last event").getByText(/^[1-9]/).waitFor();
    await figure("Received").getByText(/^[1-9].* min/).waitFor();
    await figure("Applied").getByText(/^[1-9].* min/).waitFor();
    await figure("Published").getByText(/^[1-9].* min/).waitFor();
    await figure("Watching").getByText(/^[1-9]/).waitFor();
  });

  test("lets no section wait for another, nor be moved by it", async () => {
    await page.route("**/api/health/sync", () => undefined);
    await page.reload();
    await page.getByRole("group", { name: "Webhooks" }).waitFor();
    const topOf = async (name: string) => (await page.getByRole("heading", { name, exact: true }).boundingBox())?.y;
    const tops = () => Promise.all(["Switches", "Jobs", "Drift"].map(topOf));
    await page.getByText("Nothing was missing").waitFor();
    const before = await tops();
    await page.unroute("**/api/health/sync"); // what was held goes on
    await page.getByText("All well").waitFor();
    assert.deepEqual(await tops(), before);
  });

  test("tells who runs the installation of its nodes and their canary", async () => {
    const node = page.getByRole("list", { name: "Nodes" }).getByRole("listitem");
    await node.getByText("Running").waitFor();
    await node.getByText("doors, worker, API, feed, jobs").waitFor();
    await page.getByRole("list", { name: "Canary" }).getByText("Came through").waitFor();
    await page.route("**/api/nodes", (route) => route.fulfill({ status: 403, body: "{}" }));
    const old = (name: string) => page.getByRole("region", { name }).getByText(/^as of/);
    for (const name of ["Nodes", "Canary"]) await old(name).waitFor();
    await page.unroute("**/api/nodes");
    for (const name of ["Nodes", "Canary"]) await old(name).waitFor({ state: "detached" });
  });

  test("marks what it shows as old when a question is never answered, until one is", async () => {
    const held: Route[] = [];
    const hold = (route: Route): void => {
      held.push(route);
    };
    await page.route("**/api/nodes", hold);
    const old = page.getByRole("region", { name: "Nodes" }).getByText(/^as of/);
    await old.waitFor({ timeout: 2 * PATIENCE_MS });
    assert.ok(held.length > 0);
    await page.unroute("**/api/nodes", hold);
    await old.waitFor({ state: "detached", timeout: 2 * PATIENCE_MS });
  });

  test("keeps each job in its place on a phone while how they are is on its way", async () => {
    const hand = await anotherScreen(browser, page, { viewport: PHONE });
    const held: Route[] = [];
    await hand.route("**/api/jobs", (route) => { held.push(route); });
    await hand.goto(`${server.url}/app/operations`);
    const list = hand.getByRole("list", { name: "Jobs" });
    const rows = (): Promise<{ height: number; words: string }[]> =>
      list.getByRole("listitem").evaluateAll((all) => all.map((row) => ({ height: row.clientHeight, words: (row as HTMLElement).innerText })));
    await list.getByRole("button", { name: "Run now: Freeze" }).waitFor();
    const before = await rows();
    await until("the list is asked for", () => (held.length > 0 ? true : undefined));
    await hand.unroute("**/api/jobs"); // what was held goes on
    await list.getByText("Not run yet").first().waitFor();
    const quiet = (await rows()).map(({ height, words }, i) => ({ words, height, was: before[i]?.height })).filter(({ words }) => words.includes("Not run yet"));
    assert.ok(quiet.length > 1, "some have not run");
    for (const { words, height, was } of quiet) assert.equal(height, was, words);
    await hand.context().close();
  });

  test("shows each job, and has one run", async () => {
    const freeze = page.getByRole("listitem").filter({ hasText: "leaves calls alone that ended a day ago" });
    await freeze.getByRole("button", { name: "Run now: Freeze" }).click();
    await freeze.getByText("Done").waitFor();
    await freeze.getByText(/asked for by/).waitFor();
    const recent = page.getByRole("listitem").filter({ hasText: "holds every call of it against" });
    await recent.getByText("only when asked for").waitFor();
    await recent.getByRole("button", { name: "Run now: The last hour" }).click();
    await recent.getByText("Failed").waitFor();
    await recent.getByRole("button", { name: "Runs: The last hour" }).click();
    const runs = page.getByRole("list", { name: "Runs: The last hour" });
    await runs.getByText("Failed").waitFor();
    await page.keyboard.press("Escape");
    await runs.waitFor({ state: "detached" });
  });

  const record = () => page.getByRole("list", { name: "Jobs" }).getByRole("listitem").filter({ hasText: "leaves calls alone that ended a day ago" });

  test("is told of a run that others asked for, and asks for nothing itself", async () => {
    const told = page.waitForResponse(/realtime\/stream\?topics=job/);
    await page.reload();
    await told;
    await record().getByText(/asked for by/).waitFor();
    const hold = (): void => undefined;
    await page.route("**/api/jobs", hold);
    await ended(server, await start(server, "freeze"));
    await record().getByText("asked for by bootstrap").waitFor();
    await page.unroute("**/api/jobs", hold);
  });

  test("asks again and again while nobody tells", async () => {
    await page.route("**/realtime/stream?*", (route) => route.abort());
    await page.reload();
    await record().getByText("asked for by bootstrap").waitFor();
    await page.getByRole("button", { name: "Run now: Freeze" }).click();
    await record().getByText("asked for by bootstrap").waitFor({ state: "detached" });
    await idle(server, "freeze");
    await ended(server, await start(server, "freeze"));
    await record().getByText("asked for by bootstrap").waitFor({ timeout: 2 * PATIENCE_MS });
    await page.unroute("**/realtime/stream?*");
  });

  test("switches what lets less through only after a question, for the project and for all", async () => {
    const webhooks = page.getByRole("group", { name: "Webhooks" });
    const reasons = page.getByRole("list", { name: "What is not as it should be" });
    await webhooks.getByRole("button", { name: "Shadow" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    assert.equal(await webhooks.getByRole("button", { name: "On" }).getAttribute("aria-pressed"), "true");
    await webhooks.getByRole("button", { name: "Shadow" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Switch" }).click();
    await reasons.getByText(/shadow mode/).waitFor();
    await webhooks.getByRole("button", { name: "On" }).click();
    await reasons.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "All projects" }).click();
    await page.getByRole("group", { name: "Share of calls" }).getByRole("button", { name: "50 %" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Switch" }).click();
    await page.getByRole("button", { name: "This project" }).click();
    await page.getByText("Set for all projects: 50 %.").waitFor();
    assert.equal(await page.getByRole("group", { name: "Share of calls" }).getByRole("button", { name: "100 %" }).count(), 0);
    await page.getByRole("button", { name: "All projects" }).click();
    await page.getByRole("group", { name: "Share of calls" }).getByRole("button", { name: "100 %" }).click();
    await page.getByRole("button", { name: "This project" }).click();
    await page.getByRole("group", { name: "Share of calls" }).getByRole("button", { name: "100 %" }).waitFor();
  });

  test("says what is wrong, and leads to the dead letters", async () => {
    await deliverPoison(server);
    await page.getByText("Degraded").waitFor();
    await page.getByRole("list", { name: "What is not as it should be" }).getByRole("listitem").first().waitFor();
    await figure("Dead letters").getByRole("link", { name: "1" }).click();
    await page.waitForURL("**/app/inbox?state=dead_letter");
    await page.goBack();
  });

  test("keeps the last figures, and says of when they are, while the server is away", async () => {
    await figure("Dead letters").getByText("1").waitFor();
    await server.stop();
    await page.getByText(/^as of /).first().waitFor();
    await figure("Dead letters").getByText("1").waitFor();
    await server.start();
    await page.getByText("Degraded").waitFor();
  });
});
