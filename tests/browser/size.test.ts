// How much of a program the page is, before anything is shown.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { anotherScreen, isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";

const MOST_BYTES = 180_000;

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** The scripts that a browser with nothing in its cache fetches for a view, compressed, in bytes. */
async function scriptsOf(view: string): Promise<number> {
  const stranger = await anotherScreen(browser, page, {});
  const sizes: Promise<number>[] = [];
  stranger.on("response", (response) => {
    if (response.request().resourceType() === "script") sizes.push(response.body().then((body) => gzipSync(body).length));
  });
  await stranger.addInitScript(() => { window.requestIdleCallback = () => 0; }); // what is fetched for later
  await stranger.goto(`${server.url}/app/${view}`);
  await isLive(stranger);
  await stranger.getByRole("main").getByText("Loading").first().waitFor({ state: "detached" });
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await stranger.context().close();
  return total;
}

describe("the scripts of the first page", () => {
  for (const view of ["", "calls", "inbox"])
    test(`are at most ${String(MOST_BYTES)} bytes for /app/${view}`, async (t) => {
      const bytes = await scriptsOf(view);
      t.diagnostic(`${String(bytes)} bytes`);
      assert.ok(bytes > 0 && bytes <= MOST_BYTES, `${String(bytes)} bytes`);
    });
});
