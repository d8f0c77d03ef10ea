// How much of a program the page is, before anything is shown.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { anotherScreen, isLive, openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";

const MOST_BYTES = 170_000;

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

/** The scripts that a browser with nothing in its cache fetches for a view, by their names: compressed, in bytes. */
async function scriptsOf(view: string): Promise<Map<string, number>> {
  const stranger = await anotherScreen(browser, page, {});
  const scripts: Promise<[string, number]>[] = [];
  stranger.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    const { pathname } = new URL(response.url());
    scripts.push(response.body().then((body) => [pathname, gzipSync(body).length]));
  });
  await stranger.addInitScript(() => { window.requestIdleCallback = () => 0; }); // what is fetched for later
  await stranger.goto(`${server.url}/app/${view}`);
  await isLive(stranger);
  await stranger.getByRole("main").getByText("Loading").first().waitFor({ state: "detached" });
  await stranger.waitForLoadState("networkidle"); // a piece of the page may ask for another one
  const sizes = new Map(await Promise.all(scripts));
  await stranger.context().close();
  return sizes;
}

describe("the scripts of the first page", () => {
  for (const view of ["", "calls", "inbox"])
    test(`are at most ${String(MOST_BYTES)} bytes for /app/${view}`, async (t) => {
      const scripts = await scriptsOf(view);
      const bytes = [...scripts.values()].reduce((sum, size) => sum + size, 0);
      for (const [name, size] of scripts) t.diagnostic(`${name} ${String(size)}`);
      assert.ok(bytes > 0 && bytes <= MOST_BYTES, `${String(bytes)} bytes`);
    });
});
