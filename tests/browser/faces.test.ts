// Every place has a face for what is not there: nothing yet, on its way, failed, and not for one's role.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page, Route } from "playwright-core";
import { DESKTOP, PATIENCE_MS, anotherScreen, isAccessible, isLive, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { PLACES, type Place } from "../lib/places.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall, deliverPoison } from "../lib/twilio.ts";

/** Those that are loaded from somewhere. */
const LOADED = Object.entries(PLACES).flatMap(([name, { from, ...place }]) => (from === undefined ? [] : [[name, { from, ...place }] as const]));

let server: Server;
let browser: Browser;
let person: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  person = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

async function open({ path }: Pick<Place, "path">, prepare: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await anotherScreen(browser, person, { viewport: DESKTOP, reducedMotion: "reduce" });
  await prepare(page);
  await page.goto(server.url + path.replace(":sid", "CA1"));
  return page;
}

function frameOf(page: Page, { sheet }: Pick<Place, "sheet">): Locator {
  return sheet === true ? page.getByRole("dialog") : page.getByRole("main");
}

const fault = (status: number, human_title: string, step: string) => (route: Route) =>
  route.fulfill({ status, json: { error: { code: "X", human_title, human_how_to_fix: [step], details: { trace_id: "t1" } } } });

/** The rights of who looks, but for one. */
function without(page: Page, lost: string): Promise<unknown> {
  return page.route("**/api/me", async (route) => {
    const answer = await route.fetch();
    const me = (await answer.json()) as { rights: string[] };
    await route.fulfill({ response: answer, json: { ...me, rights: me.rights.filter((right) => right !== lost) } });
  });
}

async function endsWell(page: Page): Promise<void> {
  await isAccessible(page);
  await page.context().close();
}

describe("a place with nothing in it says so", () => {
  for (const [name, place] of Object.entries(PLACES).filter(([, { empty }]) => empty !== undefined))
    test(name, async () => {
      const { from, nothing } = place;
      const page = await open(place, async (it) => {
        await without(it, name === "live" ? "settings.manage" : "");
        if (nothing !== undefined && from !== undefined) await it.route(from, (route) => route.fulfill({ json: nothing }));
      });
      await frameOf(page, place).getByText(place.empty ?? "").first().waitFor();
      await screenshot(page, `empty-${name.replaceAll(" ", "-")}`);
      await endsWell(page);
    });
});

describe("a place that is on its way says so", () => {
  for (const [name, place] of LOADED)
    test(name, async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const page = await open(place, (it) =>
        it.route(place.from, async (route) => {
          await held;
          await route.continue().catch(() => undefined);
        }),
      );
      const loading = frameOf(page, place).getByRole("status").filter({ hasText: "Loading" });
      await loading.first().waitFor();
      await isAccessible(page);
      release();
      await loading.first().waitFor({ state: "detached" });
      await page.context().close();
    });
});

describe("a place that failed says why, and what to do", () => {
  for (const [name, place] of LOADED)
    test(name, async () => {
      const page = await open(place, (it) => it.route(place.from, fault(place.fails ?? 503, "The store is away", "Turn it off and on")));
      const alert = frameOf(page, place).getByRole("alert").filter({ hasText: "The store is away" }).first();
      await alert.getByText("This could not be loaded").waitFor();
      await alert.getByText("Turn it off and on").waitFor();
      await screenshot(page, `failed-${name.replaceAll(" ", "-")}`);
      await alert.getByRole("button", { name: "Try again" }).waitFor();
      await endsWell(page);
    });
});

describe("who waits is told soon", () => {
  const LIST = /\/api\/sync\/drift/;

  /** How often the list is asked for until it has failed, when each question ends like this; then it is there after all. */
  async function askedUntilFailed(end: (route: Route) => Promise<void>): Promise<number> {
    let asked = 0;
    const page = await open({ path: "/app/operations" }, (it) =>
      it.route(LIST, (route) => {
        asked++;
        return end(route);
      }),
    );
    const list = page.getByRole("region", { name: "Drift" });
    const alert = list.getByRole("alert");
    await alert.getByText("This could not be loaded").waitFor({ timeout: 2 * PATIENCE_MS });
    const then = asked;
    await page.unroute(LIST);
    await alert.getByRole("button", { name: "Try again" }).click();
    await list.getByText("Nothing was missing").waitFor();
    await page.context().close();
    return then;
  }

  test("of a server that does not answer, after one question", async () => {
    assert.equal(await askedUntilFailed(() => Promise.resolve()), 1);
  });

  test("of a network that fails, after two", async () => {
    assert.equal(await askedUntilFailed((route) => route.abort()), 2);
  });

  test("of a refusal, at once", async () => {
    assert.equal(await askedUntilFailed(fault(429, "Too many", "Wait")), 1);
  });
});

describe("a place that the server does not show says so", () => {
  for (const [name, place] of LOADED)
    test(name, async () => {
      const page = await open(place, (it) => it.route(place.from, fault(403, "This needs another role", "Ask an administrator")));
      const alert = frameOf(page, place).getByRole("alert").filter({ hasText: "This needs another role" }).first();
      await alert.getByText("You may not see this").waitFor();
      await alert.getByText("Ask an administrator").waitFor();
      assert.equal(await alert.getByRole("button").count(), 0, "trying again changes nothing");
      await endsWell(page);
    });
});

describe("a place that one's role does not have says so", () => {
  for (const [name, place] of Object.entries(PLACES).filter(([, { right }]) => right !== undefined))
    test(name, async () => {
      const asked: string[] = [];
      const page = await open(place, async (it) => {
        await without(it, place.right ?? "");
        it.on("request", (request) => {
          if (place.from?.test(request.url()) === true) asked.push(request.url());
        });
      });
      await page.getByRole("main").getByText("You may not see this").waitFor();
      await endsWell(page);
      assert.deepEqual(asked, [], "what is not shown is not asked for");
    });

  test("and what is opened beside it is not shown either", async () => {
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await deliverPoison(server);
    await settled(server);
    for (const [right, query] of Object.entries({ "calls.read": `call=${call.sid}`, "events.read": "event=1" })) {
      const page = await open({ path: `/app/settings?${query}` }, (it) => without(it, right));
      await page.getByRole("heading", { name: "Settings" }).waitFor();
      await isLive(page);
      assert.equal(await page.getByRole("dialog").count(), 0, right);
      await page.context().close();
    }
  });
});
