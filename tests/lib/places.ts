// A project with something of everything, and the places where a dispatcher looks at it.
import type { Browser, Page } from "playwright-core";
import { ask } from "./api.ts";
import { isLive, openBrowser, showsStatus, signIn } from "./browser.ts";
import { makePerson, tokenOf } from "./people.ts";
import { type Server, startServer } from "./server.ts";
import { settled, tool } from "./settled.ts";
import { FakeCall, deliverPoison } from "./twilio.ts";

/** Where it is (`:sid` is a call that goes on), and what tells that it is drawn. */
type Place = { path: string; seen: string };

export const PLACES: Record<string, Place> = {
  live: { path: "/app/", seen: "Talking" },
  calls: { path: "/app/calls", seen: "3 conversations" },
  conversation: { path: "/app/calls/1", seen: "Missed: nobody answered" },
  inbox: { path: "/app/inbox", seen: "Dead letter" },
  deadletters: { path: "/app/inbox?state=dead_letter", seen: "CallSid" },
  operations: { path: "/app/operations", seen: "doors, worker, API, feed, jobs" },
  settings: { path: "/app/settings", seen: "Sound for incoming calls" },
  account: { path: "/app/settings/account", seen: "this one" },
  people: { path: "/app/settings/people", seen: "Vera Viewer" },
  roles: { path: "/app/settings/roles", seen: "Hear recordings" },
  apikeys: { path: "/app/settings/keys", seen: "Wallboard" },
  audit: { path: "/app/settings/audit", seen: "Signed in by the one-time link" },
  panel: { path: "/app/?call=:sid", seen: "Event log" },
  call: { path: "/app/call/:sid", seen: "Event log" },
};

/** Missed, answered, ringing, going on, and one that was not understood; the one that goes on. */
async function makeCalls(server: Server): Promise<FakeCall> {
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
  const talking = new FakeCall(server, "+12125550123");
  await talking.arrives();
  await talking.status("in-progress");
  await deliverPoison(server);
  return talking;
}

/** Some who came, and one who has not yet; a key that lives, and one that does not. */
async function makePeople(server: Server): Promise<void> {
  await makePerson(server, "vera@example.com", "viewer", "Vera Viewer");
  await tool(server, "user", "create", "sam@example.com", "supervisor", "Sam Supervisor");
  const key = await tokenOf(server, (await makePerson(server, "olga@example.com", "owner", "Olga Owner")).email);
  for (const name of ["Wallboard", "Report of the night"]) {
    const { body } = await ask<{ key: { id: string } }>(server, "/api/keys", { method: "POST", key, body: { name, rights: ["calls.read", "events.read"] } });
    if (name !== "Wallboard") await ask(server, `/api/keys/${body.key.id}`, { method: "DELETE", key });
  }
  await ask(server, "/projects", { method: "POST", key, body: { name: "Night shift" } });
}

/** The server, and somebody who looks at it; `talking` is the call that goes on. */
export type Scene = { server: Server; browser: Browser; person: Page; talking: FakeCall };

export async function openScene(): Promise<Scene> {
  const server = await startServer();
  const browser = await openBrowser();
  const person = await signIn(browser, server);
  const talking = await makeCalls(server);
  await makePeople(server);
  await settled(server);
  await showsStatus(person, talking.sid, "in-progress");
  return { server, browser, person, talking };
}

/** Goes there, until it is drawn and the feed is open. */
export async function goToPlace(page: Page, talking: FakeCall, { path, seen }: Place): Promise<void> {
  await page.goto(talking.server.url + path.replace(":sid", talking.sid));
  await isLive(page);
  await page.getByText(seen).first().waitFor();
  await page.locator("[class*=Skeleton]").first().waitFor({ state: "detached" });
}
