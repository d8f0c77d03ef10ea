// A browser as a client of /realtime/stream, as docs/realtime.md shows it, within the page's own policy.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { FakeCall } from "../lib/twilio.ts";

type Message = { type: string; seq?: number; epoch?: string };
declare global {
  // eslint-disable-next-line no-var
  var heard: Message[];
}

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await browser.newPage();
  await page.goto(server.loginLink);
  await page.goto(`${server.url}/app/`);
});
after(async () => {
  await browser.close();
  await server.remove();
});

const heardSeqs = (): Promise<number[]> =>
  page.evaluate(() => globalThis.heard.flatMap(({ type, seq }) => (seq === undefined || type.startsWith("feed.") ? [] : [seq])));

async function oneCall(): Promise<void> {
  const call = new FakeCall(server, "+15085140320");
  await call.arrives();
  await call.status("completed", { CallDuration: "29" });
}

async function hears(seq: number): Promise<void> {
  await page.waitForFunction((want) => globalThis.heard.some((message) => message.seq === want), seq);
}

describe("a browser", () => {
  test("hears events by EventSource, and goes on by itself when the server comes back", async () => {
    await page.evaluate(() => {
      globalThis.heard = [];
      const events = new EventSource("/realtime/stream?topics=call.*&last_seq=0");
      events.onmessage = ({ data }) => globalThis.heard.push(JSON.parse(data as string) as Message);
    });
    await oneCall();
    await hears(2);
    await server.restart();
    await oneCall();
    await hears(4);
    assert.deepEqual(await heardSeqs(), [1, 2, 3, 4]);
  });

  test("subscribes by WebSocket, with its cookie alone", async () => {
    await page.evaluate(() => {
      globalThis.heard = [];
      const socket = new WebSocket(`ws://${location.host}/realtime/stream?topics=budget.*`);
      socket.onopen = () => { socket.send(JSON.stringify({ type: "subscribe", topics: ["call.ended"], last_seq: 0 })); };
      socket.onmessage = ({ data }) => globalThis.heard.push(JSON.parse(data as string) as Message);
    });
    await hears(4);
    assert.deepEqual(await heardSeqs(), [2, 4]);
  });

  test("opens a stream by a token where its cookie does not go", async () => {
    const token = await page.evaluate(async () => ((await (await fetch("/realtime/token")).json()) as { token: string }).token);
    const stranger = await browser.newPage();
    await stranger.goto(`${server.url}/health`);
    const first = await stranger.evaluate(
      (query) =>
        new Promise<string>((told, failed) => {
          const events = new EventSource(`/realtime/stream?token=${encodeURIComponent(query)}&last_seq=3`);
          events.onerror = () => { failed(new Error("no stream")); };
          events.onmessage = ({ data }) => {
            if ((JSON.parse(data as string) as Message).seq === 4) told(data as string);
          };
        }),
      token,
    );
    assert.equal((JSON.parse(first) as Message).type, "call.ended");
  });
});
