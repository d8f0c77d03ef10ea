// How it looks, light and dark, on a desk and in a hand; and that it can be used by everybody.
// The pictures are written to tests/artifacts/ for people to look at.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, PHONE, accessibilityFindings, anotherScreen, isLive, openBrowser, screenshot, showsStatus, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { FakeCall, deliverPoison } from "../lib/twilio.ts";

const SCREENS = { desktop: DESKTOP, phone: PHONE };
const SCHEMES = ["light", "dark"] as const;
const PLACES = { live: "/app/", inbox: "/app/?view=inbox" };

let server: Server;
let browser: Browser;
let person: Page;
let talking: FakeCall;

async function makeCalls(): Promise<void> {
  const missed = new FakeCall(server, "+15085140320");
  await missed.arrives();
  await missed.status("no-answer");
  const ringing = new FakeCall(server, "+15085140321");
  await ringing.arrives();
  talking = new FakeCall(server, "+12125550123");
  await talking.arrives();
  await talking.status("in-progress");
  await deliverPoison(server);
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  person = await signIn(browser, server);
  await makeCalls();
  await showsStatus(person, talking.sid, "in-progress");
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

      for (const [place, path] of Object.entries({ ...PLACES, call: "" }))
        test(place, async () => {
          await page.goto(`${server.url}${place === "call" ? `/app/?call=${talking.sid}` : path}`);
          await isLive(page);
          await page.locator("[data-sid], [data-event]").first().waitFor();
          if (place === "call") await page.getByRole("dialog").getByText("Event log").waitFor();
          await screenshot(page, `${place}-${screen}-${colorScheme}`);
          assert.deepEqual(await accessibilityFindings(page), []);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
        });
    });
