// Dead letters are seen with their reason, and replayed one by one and all together.
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { openBrowser, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { deliverPoison } from "../lib/twilio.ts";

const N_POISON = 3;

let server: Server;
let browser: Browser;
let page: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
  for (let n = 0; n < N_POISON; n++) await deliverPoison(server);
  await page.getByRole("link", { name: "Inbox" }).click();
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("the inbox", () => {
  test("shows what could not be processed, and why", async () => {
    const letters = page.locator('[data-status="dead_letter"]');
    await letters.nth(N_POISON - 1).waitFor();
    await letters.first().getByText("CallSid").waitFor();
  });

  test("replays one, and shows that it failed again", async () => {
    const letter = page.locator('[data-status="dead_letter"]').first();
    const replayed = page.waitForResponse((answer) => answer.url().endsWith("/reprocess"));
    await letter.getByRole("button", { name: /^Replay event/ }).click();
    const answer = await replayed;
    if (answer.status() !== 202) throw new Error(`replay was answered ${answer.status()}`);
    await page.locator('[data-status="dead_letter"]').nth(N_POISON - 1).waitFor();
  });

  test("replays all of them after asking, and tells how it went", async () => {
    await page.getByRole("button", { name: `Replay all ${N_POISON}` }).click();
    await page.getByRole("button", { name: "Replay them" }).click();
    await page.getByText(`${N_POISON} are dead letters again`).waitFor();
  });

  test("shows one in detail, with what was received", async () => {
    await page.locator('[data-status="dead_letter"] a').first().click();
    const dialog = page.getByRole("dialog", { name: "Received event" });
    await dialog.getByText("Nothing was written to a call's log.").waitFor();
    await dialog.getByText("CallStatus").waitFor();
  });
});
