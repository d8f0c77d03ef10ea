// On the narrowest screen (WCAG 1.4.10) every place is read by scrolling one way; and what is opened over or in a place
// can be used by everybody: each question, and a call as it was.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ask } from "../lib/api.ts";
import { DESKTOP, anotherScreen, isAccessible, isLive, screenshot } from "../lib/browser.ts";
import { tokenOf } from "../lib/people.ts";
import { DRAWN, goToPlace, openScene } from "../lib/places.ts";
import type { Server } from "../lib/server.ts";
import type { FakeCall } from "../lib/twilio.ts";

/** A screen of 1280 pixels, looked at four times as large. */
const NARROW = { width: 320, height: 640 };
const ACCOUNT = "AC99887766554433221100ffeeddccbbaa";

let server: Server;
let browser: Browser;
let person: Page;
let talking: FakeCall;

before(async () => {
  ({ server, browser, person, talking } = await openScene());
  const key = await tokenOf(server, "olga@example.com");
  const { status, body } = await ask(server, `/api/connections/twilio/${ACCOUNT}`, { method: "PUT", key, body: { secret: "a-secret-of-the-tests-000000000000" } });
  assert.equal(status, 204, JSON.stringify(body));
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** How much wider than the screen the page is, also where that is cut off. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - window.innerWidth);
}

describe("on 320 pixels", () => {
  let page: Page;
  before(async () => {
    page = await anotherScreen(browser, person, { viewport: NARROW, reducedMotion: "reduce" });
  });
  after(() => page.context().close());

  for (const [name, place] of DRAWN)
    test(`${name} is no wider than the screen`, async () => {
      await goToPlace(page, talking, place);
      await screenshot(page, `${name}-narrow`);
      assert.ok((await overflow(page)) <= 0, `${String(await overflow(page))} px too wide`);
    });

  test("and one that is would be noticed", async () => {
    await page.evaluate(() => {
      const wide = document.createElement("p");
      wide.textContent = "w".repeat(400);
      document.body.append(wide);
    });
    assert.ok((await overflow(page)) > 0);
  });
});

type Asking = { path: string; open: (page: Page) => Promise<void>; title: string | RegExp };

const press = (name: string | RegExp) => (page: Page): Promise<void> => page.getByRole("button", { name }).first().click();
const QUESTIONS: Record<string, Asking> = {
  "before all dead letters are replayed": { path: "/app/inbox", open: press(/^Replay all/), title: "Replay all dead letters?" },
  "before those of a reason are": { path: "/app/inbox?state=dead_letter", open: press(/^Replay these/), title: "Replay all with this reason?" },
  "before a key is revoked": { path: "/app/settings/keys", open: press("Revoke: Wallboard"), title: "Revoke this key?" },
  "before an account is disconnected": { path: "/app/settings/connections", open: press(`Disconnect ${ACCOUNT}`), title: "Disconnect the account?" },
  "before less is let through": {
    path: "/app/operations",
    open: (page) => page.getByRole("group", { name: "Webhooks" }).getByRole("button", { name: "Shadow" }).click(),
    title: /Webhooks/,
  },
};

for (const [screen, viewport] of Object.entries({ desktop: DESKTOP, narrow: NARROW }))
  for (const colorScheme of ["light", "dark"] as const)
    describe(`by everybody, ${screen}, ${colorScheme}:`, () => {
      let page: Page;
      before(async () => {
        page = await anotherScreen(browser, person, { viewport, colorScheme, reducedMotion: "reduce" });
      });
      after(() => page.context().close());

      for (const [when, { path, open, title }] of Object.entries(QUESTIONS))
        test(`the question ${when}`, async () => {
          await page.goto(server.url + path);
          await isLive(page);
          await open(page);
          const question = page.getByRole("dialog", { name: title });
          await question.waitFor();
          await question.getByRole("button").last().and(page.locator(":focus")).waitFor(); // Enter says yes
          await screenshot(page, `question-${when.replaceAll(" ", "-")}-${screen}-${colorScheme}`);
          await isAccessible(page);
          assert.ok((await overflow(page)) <= 0);
          await page.keyboard.press("Escape");
          await question.waitFor({ state: "detached" });
        });

      test("a call as it was", async () => {
        await page.goto(`${server.url}/app/call/${talking.sid}`);
        await page.getByRole("button", { name: /Call started/ }).click();
        await page.getByText(/As it was after the event of/).waitFor();
        await page.getByText("Ringing").first().waitFor();
        await screenshot(page, `call-as-it-was-${screen}-${colorScheme}`);
        await isAccessible(page);
        assert.ok((await overflow(page)) <= 0);
      });
    });
