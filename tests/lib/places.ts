// A project with something of everything, and the places where a dispatcher looks at it.
import type { Browser, Page } from "playwright-core";
import { ask } from "./api.ts";
import { isLive, openBrowser, showsStatus, signIn } from "./browser.ts";
import { makePerson, tokenOf } from "./people.ts";
import { type Server, startServer } from "./server.ts";
import { settled, tool } from "./settled.ts";
import { FakeCall, deliverPoison } from "./twilio.ts";

export type Place = {
  /** `:sid` is a call that goes on. */
  path: string;
  /** What tells that it is drawn, in the scene; what has none is not drawn there. */
  seen?: string;
  /** What it is loaded from. */
  from?: RegExp;
  /** What it says of nothing; without it there is always something. */
  empty?: string;
  /** What the server answers when there is nothing, where a server of the tests has something. */
  nothing?: object;
  /** How it fails; health says by 503 itself that nothing flows. */
  fails?: number;
  /** The right without which it is not shown. */
  right?: string;
  /** Beside the page, in a sheet. */
  sheet?: true;
};

const OPERATIONS = { path: "/app/operations", right: "health.read" };
const PROJECT = { path: "/app/settings/project", right: "settings.manage" };

export const PLACES: Record<string, Place> = {
  "who one is": { path: "/app/", from: /\/api\/me$/ },
  "how far the feed is": { path: "/app/settings", from: /\/api\/events\?after_seq=0&limit=1$/ },
  live: { path: "/app/", seen: "Talking", from: /\/api\/(calls\/active|conversations\?)/, empty: "No calls right now", right: "calls.read" },
  calls: { path: "/app/calls", seen: "3 conversations", from: /\/api\/conversations\?/, empty: "No conversations yet", right: "calls.read" },
  conversation: { path: "/app/calls/1", seen: "Missed: nobody answered", from: /\/api\/conversations\/1/, right: "calls.read" },
  call: { path: "/app/call/:sid", seen: "Event log", from: /\/api\/calls\/CA/, right: "calls.read" },
  "a call without its SID": { path: "/app/call", empty: "Which call?", right: "calls.read" },
  panel: { path: "/app/?call=:sid", seen: "Event log", from: /\/api\/calls\/CA/, right: "calls.read", sheet: true },
  inbox: { path: "/app/inbox", seen: "Dead letter", from: /\/api\/events\?(?!after_seq)/, empty: "Nothing here yet", right: "events.read" },
  deadletters: { path: "/app/inbox?state=dead_letter", seen: "CallSid", from: /\/api\/events\/reasons/, empty: "No dead letters", right: "events.read" },
  event: { path: "/app/inbox?event=1", from: /\/api\/events\/1(\?|$)/, right: "events.read", sheet: true },
  operations: { ...OPERATIONS, seen: "doors, worker, API, feed, jobs", from: /\/api\/health\/sync/, fails: 500, empty: "Nothing was missing" },
  flags: { ...OPERATIONS, from: /\/api\/flags/ },
  jobs: { ...OPERATIONS, from: /\/api\/jobs$/ },
  runs: { path: "/app/operations?runs=freeze", seen: "Runs: Freeze", from: /\/api\/jobs\/freeze/, empty: "Not run yet", right: "health.read", sheet: true },
  drift: { ...OPERATIONS, from: /\/api\/sync\/drift/, empty: "Nothing was missing" },
  settings: { path: "/app/settings", seen: "Sound for incoming calls" },
  account: { path: "/app/settings/account", seen: "this one", from: /\/api\/me\/sessions/ },
  project: { ...PROJECT, from: /\/api\/settings/ },
  quotas: { ...PROJECT, from: /\/api\/quotas/ },
  connections: { path: "/app/settings/connections", from: /\/api\/connections$/, right: "settings.manage" },
  people: { path: "/app/settings/people", seen: "Vera Viewer", from: /\/api\/users/, right: "users.manage" },
  roles: { path: "/app/settings/roles", seen: "Hear recordings", from: /\/api\/roles/ },
  apikeys: { path: "/app/settings/keys", seen: "Wallboard", from: /\/api\/keys/, empty: "No keys yet", nothing: { keys: [], next_before: null }, right: "keys.manage" },
  audit: { path: "/app/settings/audit", seen: "Revoked an API key", from: /\/api\/audit/, right: "audit.read" },
  "an action that nobody took": { path: "/app/settings/audit?action=key.revoke", empty: "Nothing found", right: "audit.read" },
  start: { path: "/app/start", from: /\/api\/events\?(?!after_seq)/, right: "settings.manage" },
};

type Drawn = Place & { seen: string };
/** Those that are drawn in the scene. */
export const DRAWN: [string, Drawn][] = Object.entries(PLACES).flatMap(([name, { seen, ...place }]) => (seen === undefined ? [] : [[name, { seen, ...place }]]));

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
export async function goToPlace(page: Page, talking: FakeCall, { path, seen = "" }: Place): Promise<void> {
  await page.goto(talking.server.url + path.replace(":sid", talking.sid));
  await isLive(page);
  await page.getByText(seen).first().waitFor();
  await page.locator("[class*=Skeleton]").first().waitFor({ state: "detached" });
}
