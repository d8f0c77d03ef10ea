// How it looks, light and dark, on a desk, in a hand and on a wall; and that it can be used by everybody.
// The pictures are written to tests/artifacts/ for people to look at.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { SCREENS, anotherScreen, isAccessible, isLive, screenshot } from "../lib/browser.ts";
import { DRAWN, goToPlace, openScene } from "../lib/places.ts";
import type { Server } from "../lib/server.ts";
import type { FakeCall } from "../lib/twilio.ts";

const SCHEMES = ["light", "dark"] as const;

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

for (const [screen, viewport] of Object.entries(SCREENS))
  for (const colorScheme of SCHEMES)
    describe(`${screen}, ${colorScheme}`, () => {
      let page: Page;
      before(async () => {
        page = await anotherScreen(browser, person, { viewport, colorScheme, reducedMotion: "reduce" });
      });
      after(() => page.context().close());
      afterEach(() => page.unrouteAll()); // whatever became of the test

      for (const [name, place] of DRAWN)
        test(name, async () => {
          await goToPlace(page, talking, place);
          await screenshot(page, `${name}-${screen}-${colorScheme}`);
          await isAccessible(page);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
        });

      test("live, when the server does not answer any more", async () => {
        await page.route("**/events/calls*", (route) => route.abort()); // it asks for pages instead, until those fail, too
        await page.goto(`${server.url}/app/`);
        await page.locator('[data-connection="polling"]').waitFor();
        await page.getByText("Talking").first().waitFor();
        await page.route("**/api/events*", (route) => route.abort());
        await page.locator('[data-connection="offline"]').waitFor();
        await page.locator("main [data-stale]").first().waitFor();
        const [count, badge] = await page.locator("nav [data-unread] [data-stale]").evaluate((old) => [old, old.parentElement ?? old].map((each) => getComputedStyle(each).color));
        assert.equal(count, badge, "the number can be read on its ground");
        await screenshot(page, `offline-${screen}-${colorScheme}`);
        await isAccessible(page);
      });

      test("replay", async () => {
        await page.goto(`${server.url}/app/inbox?state=dead_letter`);
        await page.getByRole("checkbox").first().click();
        await page.locator("[data-group]").first().getByRole("link").click();
        await page.getByRole("button", { name: "Replay 1" }).click();
        await page.locator('[data-outcome="dead"]').waitFor();
        await page.getByRole("checkbox").first().click();
        await page.locator('[data-event][data-picked="true"]').waitFor();
        await screenshot(page, `replay-${screen}-${colorScheme}`);
        await isAccessible(page);
      });

      for (const [sheet, key] of Object.entries({ palette: "Control+k", keys: "?" }))
        test(sheet, async () => {
          await page.goto(`${server.url}/app/calls`);
          await isLive(page);
          await page.locator("[data-conversation]").first().waitFor();
          await page.keyboard.press(key);
          await page.getByRole("dialog").waitFor();
          await screenshot(page, `${sheet}-${screen}-${colorScheme}`);
          await isAccessible(page);
        });
    });
