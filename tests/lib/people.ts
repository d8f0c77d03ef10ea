// People with a password, and their browsers.
import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { ask } from "./api.ts";
import { DESKTOP, PATIENCE_MS } from "./browser.ts";
import type { Server } from "./server.ts";
import { tool } from "./settled.ts";

export const PASSWORD = "four words in a row";

export type Person = { email: string };

/** Somebody with a role for the whole organisation, who has taken up their invitation. */
export async function makePerson(server: Server, email: string, role: string, name: string): Promise<Person> {
  const { code, output } = await tool(server, "user", "create", email, role, name);
  assert.equal(code, 0, output);
  const link = /#(\S+)/.exec(output)?.[1];
  const { status, body } = await ask(server, "/auth/accept", { method: "POST", key: null, body: { token: link, password: PASSWORD } });
  assert.equal(status, 200, JSON.stringify(body));
  return { email };
}

/** What the API takes as their bearer, for ten minutes. */
export async function tokenOf(server: Server, email: string): Promise<string> {
  const { status, body } = await ask<{ access_token: string }>(server, "/auth/login", { method: "POST", key: null, body: { email, password: PASSWORD } });
  assert.equal(status, 200, JSON.stringify(body));
  return body.access_token;
}

/** A browser in which nobody has signed in. */
export async function strangersPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: DESKTOP, locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

/** Fills in the page that asks who one is. */
export async function sendPassword(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Their browser, at a place of the page. */
export async function enter(browser: Browser, server: Server, who: Person, path = "/app/", options: BrowserContextOptions = {}): Promise<Page> {
  const page = await strangersPage(browser, options);
  await page.goto(server.url + path);
  await sendPassword(page, who.email, PASSWORD);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return page;
}
