// What somebody chooses for this browser: it works at once, and is still there after a reload.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { PHONE, anotherScreen, isAccessible, isAt, isLive, openBrowser, pressPair, screenshot, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled, tool } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";

let server: Server;
let browser: Browser;
let page: Page;

const choice = (name: string, value: string): Locator => page.getByRole("group", { name }).getByRole("button", { name: value });

async function isChosen(button: Locator): Promise<void> {
  await button.and(page.locator('[aria-pressed="true"]')).waitFor();
}

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  page = await signIn(browser, server);
  const call = new FakeCall(server, "+15085140320");
  await call.arrives();
  await call.status("no-answer");
  await settled(server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("settings", () => {
  test("are reached by key and by the palette", async () => {
    await pressPair(page, "g", "s");
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    await isAt(page, "/app/settings");
    await pressPair(page, "g", "l");
    await page.getByRole("heading", { name: "Active calls" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "A name" }).fill("settings");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Settings" }).waitFor();
  });

  test("tell the version of the server", async () => {
    const { output } = await tool(server, "version");
    const version = output.replace("hookswitch", "").trim();
    await page.getByRole("definition").filter({ hasText: version }).waitFor();
    await page.getByText("Version", { exact: true }).waitFor();
  });

  test("keep the colours and the sound over a reload", async () => {
    await choice("Colours", "Dark").click();
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
    await choice("Sound for incoming calls", "On").click();
    await page.reload();
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
    await isChosen(choice("Colours", "Dark"));
    await isChosen(choice("Sound for incoming calls", "On"));
  });

  test("let one hear the sound", async () => {
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText("One for each call").waitFor();
    assert.equal(await page.getByText("did not let the page play").count(), 0);
  });

  test("tell the time in the zone that is chosen, and the exact instant on pointing", async () => {
    const hours = { "Asia/Tokyo": 9, UTC: 0 };
    const shown: Record<string, Date> = {};
    for (const zone of Object.keys(hours)) {
      await page.goto(`${server.url}/app/settings`);
      const kept = page.waitForResponse((answer) => answer.url().endsWith("/api/me") && answer.request().method() !== "GET");
      await page.getByRole("combobox", { name: "Time zone" }).selectOption(zone);
      await kept; // the account has the last word
      await page.getByText(zone === "UTC" ? /^Now it is .* UTC\.$/ : /^Now it is .* GMT\+9\.$/).waitFor();
      await page.reload();
      await isLive(page);
      assert.equal(await page.getByRole("combobox", { name: "Time zone" }).inputValue(), zone);
      await page.goto(`${server.url}/app/calls`);
      const time = page.locator("[data-conversation] time");
      const exact = (await time.getAttribute("title")) ?? "";
      const [, at = "", offset = ""] = /^(.*) GMT(.*)$/.exec(exact) ?? [];
      assert.equal(offset, zone === "UTC" ? "+00:00" : "+09:00", exact);
      shown[zone] = new Date(`${at.replace("\u202f", " ").replace(/\.\d+/, "")} UTC`);
      const instant = Date.parse((await time.getAttribute("datetime")) ?? "");
      assert.equal(Math.floor(instant / 1000), (shown[zone].getTime() - hours[zone as "UTC"] * 3_600_000) / 1000);
    }
  });

  test("speak the language that is chosen, to programs too", async () => {
    await page.goto(`${server.url}/app/settings`);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    await choice("Language", "Русский").click();
    await page.locator('html[lang="ru"]').waitFor();
    await page.getByRole("heading", { name: "Настройки" }).waitFor();
    await page.goto(`${server.url}/app/`);
    await page.getByText("Сейчас звонков нет").waitFor();
    await page.getByText("Пропущен", { exact: true }).waitFor();
  });

  test("fit into a hand in Russian, and can be used by everybody", async () => {
    const hand = await anotherScreen(browser, page, { viewport: PHONE, reducedMotion: "reduce" });
    for (const [place, path] of Object.entries({ live: "/app/", settings: "/app/settings" })) {
      await hand.goto(server.url + path);
      await isLive(hand);
      await hand.locator("main h2").first().waitFor();
      await screenshot(hand, `${place}-ru-phone`);
      await isAccessible(hand);
      assert.equal(await hand.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), 0);
    }
    await hand.context().close();
    await page.goto(`${server.url}/app/settings`);
    await page.getByRole("group", { name: "Язык" }).getByRole("button", { name: "English" }).click();
    await page.locator('html[lang="en"]').waitFor();
  });
});
