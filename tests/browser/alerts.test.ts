// A sound and a notification for who wants them: one for each call, in one page of the browser.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { isLive, openBrowser, showsStatus, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

type Notice = { title: string; body: string; tag: string };
type Heard = { tones: number; notices: Notice[] };

/** Each chime is two notes with an octave each. */
const TONES_OF_A_CHIME = 4;

/** Stands for loudspeaker and desktop, and notes what they are asked for; runs in the page. */
function listen(permission: string): void {
  const heard: Heard = { tones: 0, notices: [] };
  let seconds = 0;
  class Node {
    gain = { setValueAtTime: () => undefined, linearRampToValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined };
    connect = (to: unknown): unknown => to;
    start = (): number => (heard.tones += 1);
    stop = (): void => undefined;
  }
  /** One that waits for somebody's doing, as after a reload. */
  const waits = localStorage.getItem("waits") !== null;
  let isTouched = false;
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => { isTouched = true; }, true);
  // The test looks into the page as if by somebody's doing.
  Object.defineProperty(navigator, "userActivation", { value: { get hasBeenActive(): boolean { return isTouched; } } });
  class AudioContext {
    get state(): string {
      return waits && !isTouched ? "suspended" : "running";
    }
    /** Chimes that pile up are left out; here time passes between them. */
    get currentTime(): number {
      return (seconds += 1);
    }
    resume = (): Promise<void> => Promise.resolve();
  }
  class Notification {
    static permission = permission;
    static requestPermission = (): Promise<string> => Promise.resolve(Notification.permission);
    constructor(title: string, { body = "", tag = "" }: NotificationOptions) {
      heard.notices.push({ title, body, tag });
    }
  }
  Object.assign(window, { heard, AudioContext, OscillatorNode: Node, GainNode: Node, Notification });
}

async function stubbed(context: BrowserContext, permission: NotificationPermission): Promise<void> {
  await context.addInitScript("globalThis.__name = (it) => it"); // the test's compiler calls it in the page
  await context.addInitScript(listen, permission);
}

let server: Server;
let browser: Browser;
let context: BrowserContext;
let page: Page;

function heardBy(of: Page): Promise<Heard> {
  return of.evaluate(() => (window as unknown as { heard: Heard }).heard);
}

async function chimesOf(...pages: Page[]): Promise<number> {
  const tones = await Promise.all(pages.map(async (of) => (await heardBy(of)).tones));
  return tones.reduce((sum, n) => sum + n) / TONES_OF_A_CHIME;
}

/** What the page has heard by the time that it shows a later call. */
async function afterAnother(of: Page): Promise<void> {
  const later = new FakeCall(server, "+15085149999", "+16175006181");
  await later.arrives();
  await showsStatus(of, later.sid, "ringing");
  await later.status("completed", { CallDuration: "1" });
  await showsStatus(of, later.sid, "completed");
}

async function ask(name: string, value: string): Promise<void> {
  await page.evaluate(([key = "", to = ""]) => localStorage.setItem(key, to), [`hookswitch-${name}`, value]);
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
  context = page.context();
  await stubbed(context, "granted");
});
beforeEach(async () => {
  await page.goto(`${server.url}/app/`);
  await isLive(page);
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("alerts", () => {
  test("are off until somebody wants them", async () => {
    await afterAnother(page);
    assert.deepEqual(await heardBy(page), { tones: 0, notices: [] });
  });

  test("sound once for a call that comes in, whatever happens to it then", async () => {
    await ask("sound", "on");
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await until("it sounds", async () => ((await chimesOf(page)) === 1 ? true : undefined));
    await call.status("in-progress");
    await call.status("completed", { CallDuration: "3" });
    await showsStatus(page, call.sid, "completed");
    assert.equal(await chimesOf(page), 1);
    assert.deepEqual((await heardBy(page)).notices, []);
  });

  test("do not repeat a call that rings already when the page is loaded", async () => {
    const call = new FakeCall(server, "+15085140321");
    await call.arrives();
    await showsStatus(page, call.sid, "ringing");
    await page.reload();
    await showsStatus(page, call.sid, "ringing");
    await isLive(page);
    const leg = new FakeCall(server, "+15085140321", "sip:dispatcher@example.sip.us1.twilio.com", call);
    await leg.status("ringing");
    await page.getByText("rings at dispatcher").waitFor();
    const other = new FakeCall(server, "+15085140329");
    await other.arrives();
    await until("the next one sounds", async () => ((await chimesOf(page)) >= 1 ? true : undefined));
    assert.equal(await chimesOf(page), 1);
    await call.status("canceled");
    await other.status("canceled");
    await showsStatus(page, other.sid, "canceled");
  });

  test("notify of a call that comes in and of one that was missed", async () => {
    await ask("sound", "off");
    await ask("notices", "on");
    const call = new FakeCall(server, "+15085140322");
    await call.arrives();
    await until("it is told", async () => ((await heardBy(page)).notices.length === 1 ? true : undefined));
    await call.status("no-answer");
    const notices = await until("that it was missed, too", async () => {
      const { notices: told } = await heardBy(page);
      return told.length === 2 ? told : undefined;
    });
    assert.deepEqual(notices, [
      { title: "Call from +1 (508) 514-0322", body: "to +1 (617) 500-6181", tag: call.sid },
      { title: "Missed: nobody answered", body: "+1 (508) 514-0322", tag: call.sid },
    ]);
    assert.equal(await chimesOf(page), 0);
  });

  test("come from one page when two are open", async () => {
    await ask("sound", "on");
    const other = await context.newPage();
    await other.goto(`${server.url}/app/`);
    await isLive(other);
    const calls = Array.from({ length: 5 }, (_, i) => new FakeCall(server, `+1508514040${String(i)}`));
    for (const call of calls) {
      await call.arrives();
      for (const each of [page, other]) await showsStatus(each, call.sid, "ringing");
    }
    await until("each is told of", async () => ((await chimesOf(page, other)) >= calls.length ? true : undefined));
    await afterAnother(page);
    await afterAnother(other);
    const told = [page, other].map(async (each) => (await heardBy(each)).notices.map(({ tag }) => tag));
    const tags = (await Promise.all(told)).flat().filter((tag) => calls.some(({ sid }) => sid === tag));
    assert.deepEqual(tags.sort(), calls.map(({ sid }) => sid).sort());
    assert.equal(await chimesOf(page, other), calls.length + 2);
    await other.close();
  });
});

describe("a sound that waits for a click or a key", () => {
  before(async () => {
    await ask("sound", "on");
    await page.evaluate(() => { localStorage.setItem("waits", ""); });
  });
  after(() => page.evaluate(() => { localStorage.removeItem("waits"); }));

  const told = (): Locator => page.getByText("Sound waits for a click or a key");

  test("is told of on every page, and sounds once somebody did something", async () => {
    await told().waitFor();
    const unheard = new FakeCall(server, "+15085140501");
    await unheard.arrives();
    await showsStatus(page, unheard.sid, "ringing");
    await page.keyboard.press("Shift");
    await told().waitFor({ state: "detached" });
    assert.equal(await chimesOf(page), 0);
    const heard = new FakeCall(server, "+15085140502");
    await heard.arrives();
    await until("it sounds", async () => ((await chimesOf(page)) === 1 ? true : undefined));
  });

  test("is told of by its switch, which still says that it is on", async () => {
    await page.goto(`${server.url}/app/settings`);
    const choice = page.getByRole("group", { name: "Sound for incoming calls" });
    await page.getByRole("main").getByText("Waits for a click or a key").waitFor();
    assert.equal(await choice.getByRole("button", { name: "On" }).getAttribute("aria-pressed"), "true");
    await page.getByRole("heading", { name: "Sound for incoming calls" }).click();
    await page.getByRole("main").getByText("Waits for a click or a key").waitFor({ state: "detached" });
  });
});

describe("the switch of the notifications", () => {
  test("explains when the browser denies them, and stays off", async () => {
    const strict = await browser.newContext({ storageState: await context.storageState() });
    await stubbed(strict, "denied");
    const denied = await strict.newPage();
    await denied.goto(`${server.url}/app/settings`);
    await denied.evaluate(() => localStorage.removeItem("hookswitch-notices"));
    await denied.reload();
    const choice = denied.getByRole("group", { name: "Browser notifications" });
    await choice.getByRole("button", { name: "On" }).click();
    await denied.getByText("This browser denies notifications to this page.").waitFor();
    assert.equal(await choice.getByRole("button", { name: "Off" }).getAttribute("aria-pressed"), "true");
    await strict.close();
  });
});
