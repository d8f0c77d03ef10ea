// Everything that nobody vouches for any more says as of when it is, and nothing on the page moves when it does.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, PHONE, anotherScreen, isLive, screenshot } from "../lib/browser.ts";
import { PLACES, goToPlace, openScene } from "../lib/places.ts";
import type { Server } from "../lib/server.ts";
import type { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

let server: Server;
let browser: Browser;
let person: Page;
let talking: FakeCall;

before(async () => {
  ({ server, browser, person, talking } = await openScene());
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** To the millisecond. */
const INSTANT = /\d:\d\d:\d\d\.\d{3}/;

/** What of a place is marked: the title of each section, or what is looked at. */
const MARKED: Record<string, string[]> = {
  live: ["Active calls", "Recent conversations"],
  conversation: ["Conversations", "Conversation"],
  inbox: ["the bar"],
  event: ["the bar", "the event"],
  operations: ["Operations", "Switches", "Jobs", "Drift", "Nodes", "Canary"],
  runs: ["Operations", "Switches", "Jobs", "Drift", "Nodes", "Canary", "the runs"],
  start: ["Accounts", "First event"],
  account: ["Where you are signed in"],
  people: ["People"],
  apikeys: ["API keys"],
  audit: ["Audit log"],
  panel: ["Active calls", "Recent conversations", "the call"],
  call: ["the call"],
};

/** Places of which it matters here that all of them is drawn. */
const SEEN: typeof PLACES = {
  event: { path: "/app/inbox?event=1", seen: "What became of it" },
  runs: { path: "/app/operations?runs=retention", seen: "Runs: Retention" },
  start: { path: "/app/start", seen: "2. In the Twilio Console" },
};

function placeOf(name: string) {
  return SEEN[name] ?? PLACES[name] ?? assert.fail(name);
}

/** Where everything stands, but for the marks. */
function boxes(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("nav a, main, section, header, h2, h3, ul, li, table, dl, dd, button, input, [role=dialog] p")]
      .filter((each) => each.closest("[data-connection]") === null)
      .map((each) => {
        const { x, y, width, height } = each.getBoundingClientRect();
        return `${each.tagName} ${[x, y, width, height].map(Math.round).join(" ")}`;
      })
      .filter((each) => !each.startsWith("HEADER 0 0 ")),
  );
}

describe("what is asked for once", () => {
  test("is asked for again while it is marked, and marked until it could be had", async () => {
    const page = await anotherScreen(browser, person, { viewport: DESKTOP });
    await goToPlace(page, talking, placeOf("people"));
    const mark = page.getByRole("region", { name: "People" }).getByText(/^as of/);
    await page.route("**/api/users*", (route) => route.fulfill({ status: 503, body: "{}" }));
    const again = page.waitForResponse("**/api/users*");
    await page.context().setOffline(true);
    await mark.waitFor();
    await again;
    await page.context().setOffline(false);
    await isLive(page);
    await mark.waitFor();
    await page.unroute("**/api/users*");
    await mark.waitFor({ state: "detached" });
    await page.context().close();
  });
});

for (const [screen, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE }))
  describe(`as of when it is, on a ${screen}`, () => {
    let page: Page;
    before(async () => {
      page = await anotherScreen(browser, person, { viewport });
    });
    after(() => page.context().close());

    for (const [name, marked] of Object.entries(MARKED))
      test(`${name}: ${marked.join(", ")}`, async () => {
        await goToPlace(page, talking, placeOf(name));
        const marks = page.locator("time:has-text('as of')");
        await page.context().setOffline(true);
        try {
          await until(`${String(marked.length)} marks`, async () => (await marks.count()) === marked.length || undefined);
          for (const mark of await marks.all()) assert.match((await mark.getAttribute("title")) ?? "", INSTANT);
          await screenshot(page, `as-of-${name}-${screen}`);
          const withMarks = await boxes(page); // offline nothing else changes
          await page.addStyleTag({ content: "time:has(> [data-tone=warn]) { display: none !important; }" });
          assert.equal(await marks.filter({ visible: true }).count(), 0, "marks were not taken away");
          assert.deepEqual(withMarks, await boxes(page));
        } finally {
          await page.context().setOffline(false);
        }
        await isLive(page);
        await marks.first().waitFor({ state: "detached" });
      });
  });
