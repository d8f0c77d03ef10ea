// How it looks, light and dark, on a desk, in a hand and on a wall; and that it can be used by everybody.
// The pictures are written to tests/artifacts/ for people to look at.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ask } from "../lib/api.ts";
import { SCREENS, accessibilityFindings, anotherScreen, isLive, openBrowser, screenshot, showsStatus, signIn } from "../lib/browser.ts";
import { makePerson, tokenOf } from "../lib/people.ts";
import { type Server, startServer } from "../lib/server.ts";
import { tool } from "../lib/settled.ts";
import { FakeCall, deliverPoison } from "../lib/twilio.ts";

const SCHEMES = ["light", "dark"] as const;
const PLACES = {
  live: "/app/",
  calls: "/app/calls",
  conversation: "/app/calls/1",
  inbox: "/app/inbox",
  deadletters: "/app/inbox?state=dead_letter",
  operations: "/app/operations",
  settings: "/app/settings",
  account: "/app/settings/account",
  people: "/app/settings/people",
  roles: "/app/settings/roles",
  apikeys: "/app/settings/keys",
  audit: "/app/settings/audit",
};
/** What tells that a place is drawn. */
const SEEN: Record<string, string> = {
  live: "Talking",
  calls: "3 conversations",
  conversation: "Missed: nobody answered",
  inbox: "Dead letter",
  deadletters: "CallSid",
  operations: "Received to applied",
  settings: "Sound for incoming calls",
  account: "this one",
  people: "Vera Viewer",
  roles: "Hear recordings",
  apikeys: "Wallboard",
  audit: "Signed in by the one-time link",
  panel: "Event log",
  call: "Event log",
};

let server: Server;
let browser: Browser;
let person: Page;
let talking: FakeCall;

async function makeCalls(): Promise<void> {
  const missed = new FakeCall(server, "+15085140320");
  await missed.arrives();
  await missed.status("no-answer");
  const answered = new FakeCall(server, "+15085140320");
  const leg = new FakeCall(server, "+15085140320", "sip:dispatcher@example.sip.us1.twilio.com", answered);
  await answered.arrives();
  await leg.status("in-progress");
  await leg.status("completed", { CallDuration: "29" });
  await answered.dialEnds(leg, "completed");
  await answered.status("completed", { CallDuration: "35" });
  await answered.recorded();
  const ringing = new FakeCall(server, "+15085140321");
  await ringing.arrives();
  talking = new FakeCall(server, "+12125550123");
  await talking.arrives();
  await talking.status("in-progress");
  await deliverPoison(server);
}

/** Some who came, and one who has not yet; a key that lives, and one that does not. */
async function makePeople(): Promise<void> {
  await makePerson(server, "vera@example.com", "viewer", "Vera Viewer");
  await tool(server, "user", "create", "sam@example.com", "supervisor", "Sam Supervisor");
  const key = await tokenOf(server, (await makePerson(server, "olga@example.com", "owner", "Olga Owner")).email);
  for (const name of ["Wallboard", "Report of the night"]) {
    const { body } = await ask<{ key: { id: string } }>(server, "/api/keys", { method: "POST", key, body: { name, rights: ["calls.read", "events.read"] } });
    if (name !== "Wallboard") await ask(server, `/api/keys/${body.key.id}`, { method: "DELETE", key });
  }
  await ask(server, "/projects", { method: "POST", key, body: { name: "Night shift" } });
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  person = await signIn(browser, server);
  await makeCalls();
  await makePeople();
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

      for (const [place, path] of Object.entries({ ...PLACES, panel: "", call: "" }))
        test(place, async () => {
          const open = { panel: `/app/?call=${talking.sid}`, call: `/app/call/${talking.sid}` }[place];
          await page.goto(`${server.url}${open ?? path}`);
          await isLive(page);
          await page.getByText(SEEN[place] ?? "").first().waitFor();
          await screenshot(page, `${place}-${screen}-${colorScheme}`);
          assert.deepEqual(await accessibilityFindings(page), []);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
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
        assert.deepEqual(await accessibilityFindings(page), []);
      });

      for (const [sheet, key] of Object.entries({ palette: "Control+k", keys: "?" }))
        test(sheet, async () => {
          await page.goto(`${server.url}/app/calls`);
          await isLive(page);
          await page.locator("[data-conversation]").first().waitFor();
          await page.keyboard.press(key);
          await page.getByRole("dialog").waitFor();
          await screenshot(page, `${sheet}-${screen}-${colorScheme}`);
          assert.deepEqual(await accessibilityFindings(page), []);
        });
    });
