// A headless Chromium that talks to nobody but the server under test.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import type { Server } from "./server.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const ARTIFACTS = resolve(import.meta.dirname, "../artifacts");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const WIDE = { width: 2560, height: 1080 };
/** So tall that every card and row of Live is in sight, and so drawn. */
export const TALL = { width: 1440, height: 3000 };
/** In a hand, on a desk, on a wall. */
export const SCREENS = { desktop: DESKTOP, phone: PHONE, wide: WIDE };
/** How much slower every page is made, to see what a test does not wait for: SLOWDOWN=6. */
const SLOWDOWN = Number(process.env["SLOWDOWN"] ?? "1");
/** How long a person would wait before calling it broken. */
export const PATIENCE_MS = 15_000;

export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--no-first-run",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  if (SLOWDOWN > 1) browser.on("context", (context) => context.on("page", (page) => void slowDown(page)));
  return browser;
}

/** As on a machine that is so many times slower. A page that is closed meanwhile needs none of it. */
async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page).catch(() => undefined);
  await session?.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN }).catch(() => undefined);
}

/** A browser of somebody who has just opened the one-time link. It may be opened once per start. */
export async function signIn(browser: Browser, server: Server, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: DESKTOP, locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(server.loginLink);
  await isLive(page);
  return page;
}

/** Another page of the same person, with another screen. */
export async function anotherScreen(browser: Browser, signedIn: Page, options: BrowserContextOptions): Promise<Page> {
  const storageState = await signedIn.context().storageState();
  const context = await browser.newContext({ locale: "en-US", ...options, storageState, bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

/** The stream is open: from here on everything is shown as it happens. */
export async function isLive(page: Page): Promise<void> {
  await page.locator('[data-connection="live"]').waitFor();
}

/** Waits until the row of a call shows a status. */
export async function showsStatus(page: Page, sid: string, status: string): Promise<void> {
  await page.locator(`[data-sid="${sid}"][data-status="${status}"]`).waitFor();
}

/** The address comes to be this: what leads there has been asked for, and may take its time. */
export async function isAt(page: Page, path: string): Promise<void> {
  await page.waitForURL(({ pathname, search }) => pathname + search === path).catch((error: unknown) => {
    throw new Error(`the address is ${page.url()}, not ${path}`, { cause: error });
  });
}

/** Two keys of a pair, so close to each other that no load comes between. */
export async function pressPair(page: Page, first: string, second: string): Promise<void> {
  await Promise.all([page.keyboard.press(first), page.keyboard.press(second)]);
}

export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: `${ARTIFACTS}/${name}.png`, animations: "disabled" });
}

type Violation = { id: string; nodes: { html: string; failureSummary?: string }[] };
declare const axe: { run: (options: object) => Promise<{ violations: Violation[] }> };

/** Nothing that a machine can tell stands against the WCAG 2.2 AA; what does is said. The page must bypass its CSP. */
export async function isAccessible(page: Page): Promise<void> {
  await page.addScriptTag({ path: AXE });
  const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await page.evaluate((only) => axe.run({ runOnly: only }), runOnly);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  assert.ok(found.length === 0, found.join("; "));
}
