// How one comes in: by a password, by an invitation; and who does not.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ask } from "../lib/api.ts";
import { SCREENS, isAccessible, isAt, isLive, openBrowser, screenshot } from "../lib/browser.ts";
import { PASSWORD, type Person, enter, makePerson, sendPassword, strangersPage } from "../lib/people.ts";
import { type Server, startServer } from "../lib/server.ts";
import { tool } from "../lib/settled.ts";
import { until } from "../lib/wait.ts";

let server: Server;
let browser: Browser;
let owner: Person;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  owner = await makePerson(server, "olga@example.com", "owner", "Olga Owner");
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("signing in", () => {
  test("says so when the password is wrong, and leads on to where one wanted to go", async () => {
    const page = await strangersPage(browser);
    await page.goto(`${server.url}/app/operations?state=x`);
    await sendPassword(page, owner.email, "not the password");
    await page.getByRole("alert").getByText("is not right").waitFor();
    await sendPassword(page, owner.email, PASSWORD);
    await page.getByText("Received to applied").waitFor();
    await page.waitForURL("**/app/operations**");
    await page.context().close();
  });

  test("says so when the server cannot be reached", async () => {
    const page = await strangersPage(browser);
    await page.goto(`${server.url}/app/`);
    await page.route("**/auth/login", (route) => route.abort());
    await sendPassword(page, owner.email, PASSWORD);
    await page.getByRole("alert").getByText("The server cannot be reached").waitFor();
    await page.context().close();
  });

  test("goes on by itself when the access token is gone", async () => {
    const page = await enter(browser, server, owner, "/app/settings");
    await page.context().clearCookies({ name: "hookswitch_session" });
    await page.getByRole("link", { name: "Roles" }).click();
    await page.getByRole("cell", { name: "yes" }).first().waitFor();
    const names = (await page.context().cookies()).map(({ name }) => name);
    assert.ok(names.includes("hookswitch_session"), names.join());
    await page.context().close();
  });

  for (const [screen, viewport] of Object.entries(SCREENS))
    for (const colorScheme of ["light", "dark"] as const)
      test(`looks well, and can be used by everybody: ${screen}, ${colorScheme}`, async () => {
        const page = await strangersPage(browser, { viewport, colorScheme, bypassCSP: true });
        await page.goto(`${server.url}/app/`);
        await sendPassword(page, `${screen}.${colorScheme}@example.com`, "wrong"); // nobody's, so that no account is locked
        await page.getByRole("alert").waitFor();
        await screenshot(page, `signin-${screen}-${colorScheme}`);
        await isAccessible(page);
        await page.context().close();
      });
});

describe("an invitation", () => {
  let link: string;
  let stranger: Page;

  test("is a link that is shown once", async () => {
    const page = await enter(browser, server, owner, "/app/settings/people", { bypassCSP: true });
    await page.getByRole("button", { name: "Invite somebody" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("E-mail").fill("vera@example.com");
    await dialog.getByLabel("Name").fill("Vera Viewer");
    await dialog.getByLabel("Role").selectOption("viewer");
    await screenshot(page, "invite-desktop-light");
    await isAccessible(page);
    await dialog.getByRole("button", { name: "Invite" }).click();
    link = await dialog.getByText("/app/welcome#").innerText();
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("listitem").filter({ hasText: "Vera Viewer" }).getByText("Invited").waitFor();
    assert.equal(await page.getByText("/app/welcome#").count(), 0);
    await page.context().close();
  });

  test("leads to the first page, by a password that keeps the rule", async () => {
    stranger = await strangersPage(browser, { bypassCSP: true });
    await stranger.goto(link);
    await stranger.getByRole("heading", { name: "Welcome to Hookswitch" }).waitFor();
    assert.equal(stranger.url(), `${server.url}/app/welcome`);
    await isAccessible(stranger);
    for (const [screen, viewport] of Object.entries(SCREENS))
      for (const colorScheme of ["light", "dark"] as const) {
        await stranger.setViewportSize(viewport);
        await stranger.emulateMedia({ colorScheme });
        await screenshot(stranger, `welcome-${screen}-${colorScheme}`);
        await isAccessible(stranger);
      }
    await stranger.getByLabel("Password", { exact: true }).fill("vera@example.com");
    await stranger.getByRole("button", { name: "Go on" }).click();
    await stranger.getByRole("alert").waitFor();
    await stranger.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await stranger.getByRole("button", { name: "Go on" }).click();
    await isLive(stranger);
    await isAt(stranger, "/app/");
    await stranger.goBack().catch(() => null);
    assert.ok(!stranger.url().includes("#"), stranger.url());
  });

  test("works once", async () => {
    await stranger.goto("about:blank");
    await stranger.goto(link);
    await stranger.getByRole("heading", { name: "of no use" }).waitFor();
    await stranger.reload();
    await stranger.getByRole("heading", { name: "Open the link once more" }).waitFor();
    await stranger.context().close();
  });

  test("of another company asks who has an account for its password", async () => {
    const { output } = await tool(server, "org", "create", "Another company", owner.email);
    const page = await strangersPage(browser);
    await page.goto(/http\S+/.exec(output)?.[0] ?? "");
    await page.getByText("or enter the one that it has here").waitFor();
    await page.getByLabel("Password", { exact: true }).fill("not the password of anybody");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("alert").getByText("is not right").waitFor();
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Go on" }).click();
    await isAt(page, "/app/");
    await page.context().close();
  });
});

describe("a way in that is closed", () => {
  test("ends what is open, and lets nobody in again", async () => {
    const dora = await makePerson(server, "dora@example.com", "operator", "Dora Disabled");
    const page = await enter(browser, server, dora);
    await isLive(page);
    const admin = await enter(browser, server, owner, "/app/settings/people");
    await admin.getByRole("button", { name: "Manage: Dora Disabled" }).click();
    await admin.getByRole("button", { name: "Switch off the account" }).click();
    await admin.getByRole("button", { name: "Switch the account on again" }).waitFor();
    await page.reload();
    await sendPassword(page, dora.email, PASSWORD);
    await page.getByRole("alert").getByText("switched off").waitFor();
    await page.context().close();
    await admin.context().close();
  });

  test("is opened by a link that sets another password", async () => {
    const page = await strangersPage(browser);
    const { output } = await tool(server, "user", "reset", owner.email);
    await page.goto(/http\S+/.exec(output)?.[0] ?? "");
    await page.getByRole("heading", { name: "Set another password" }).waitFor();
    await page.context().close();
  });

  test("tells who tried too often to wait", async () => {
    const tried = "nobody@example.com";
    await until("the guesses are stopped", async () => {
      const { status } = await ask(server, "/auth/login", { method: "POST", key: null, body: { email: tried, password: "a guess" } });
      return status === 429 ? true : undefined;
    });
    const page = await strangersPage(browser);
    await page.goto(`${server.url}/app/`);
    await sendPassword(page, tried, "another guess");
    await page.getByRole("alert").getByText("Too many attempts").waitFor();
    await page.context().close();
  });
});
