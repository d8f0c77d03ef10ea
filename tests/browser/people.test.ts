// What each role sees, whom somebody manages, and that two tabs may look at two projects.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ask } from "../lib/api.ts";
import { isAt, isLive, openBrowser } from "../lib/browser.ts";
import { PASSWORD, type Person, enter, makePerson, sendPassword, strangersPage, tokenOf } from "../lib/people.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";

let server: Server;
let browser: Browser;
let owner: Person;
let page: Page;
let call: FakeCall;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  owner = await makePerson(server, "olga@example.com", "owner", "Olga Owner");
  call = new FakeCall(server, "+15085140320");
  await call.arrives();
  await call.status("in-progress");
  await call.status("completed", { CallDuration: "9" });
  await call.recorded();
  await settled(server);
  page = await enter(browser, server, owner);
});
after(async () => {
  await browser.close();
  await server.remove();
});

describe("a role", () => {
  test("shows a viewer the calls live, without what is not for them", async () => {
    const viewer = await enter(browser, server, await makePerson(server, "vera@example.com", "viewer", "Vera Viewer"), "/app/calls/1");
    await isLive(viewer);
    await viewer.getByRole("region", { name: "Conversation", exact: true }).getByText(/^Answered/).waitFor();
    assert.equal(await viewer.getByRole("button", { name: "Export CSV" }).count(), 0);
    assert.equal(await viewer.getByRole("group", { name: "Recording" }).count(), 0);
    assert.equal(await viewer.getByRole("link", { name: "Inbox" }).count(), 0);
    await page.goto(`${server.url}/app/calls/1`);
    await page.getByRole("group", { name: "Recording" }).waitFor();
    await page.getByRole("button", { name: "Export CSV" }).nth(1).waitFor(); // of the list, and of the conversation

    const sections = viewer.getByRole("navigation", { name: "Settings" });
    for (const path of ["inbox", "settings/people", "settings/keys", "settings/audit"]) {
      await viewer.goto(`${server.url}/app/${path}`);
      await viewer.getByText("You may not see this").waitFor();
    }
    assert.deepEqual(await sections.getByRole("link").allInnerTexts(), ["General", "My account", "Roles"]);
    const answer = await viewer.request.get(`${server.url}/api/calls/CA1/recording`);
    assert.equal(answer.status(), 403);
    await viewer.context().close();
  });

  test("shows an operator the log of a call, and not what the provider sent", async () => {
    const operator = await enter(browser, server, await makePerson(server, "otto@example.com", "operator", "Otto Operator"), `/app/call/${call.sid}`);
    const line = operator.getByRole("listitem").filter({ hasText: "Call started" });
    await line.getByText("Payload").click();
    await line.getByText("You may not see this").waitFor();
    assert.equal(await line.getByRole("button", { name: "Show personal data" }).count(), 0);
    assert.equal(await line.getByRole("link", { name: "Received webhook" }).count(), 0);
    await operator.context().close();
  });

  test("tells a developer that it works over the API", async () => {
    const developer = await enter(browser, server, await makePerson(server, "dan@example.com", "developer", "Dan"));
    await developer.getByRole("heading", { name: "Your role works over the API" }).waitFor();
    await developer.context().close();
  });

  test("is changed and taken by who manages people, but the last owner stays", async () => {
    await page.goto(`${server.url}/app/settings/people`);
    await page.getByRole("button", { name: "Manage: Vera Viewer" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Role").selectOption("supervisor");
    await dialog.getByRole("button", { name: "Give" }).click();
    await dialog.getByText("Supervisor, all projects").waitFor();
    await dialog.getByRole("button", { name: "Take away: Supervisor" }).click();
    await dialog.getByText("Supervisor, all projects").waitFor({ state: "detached" });
    await page.goto(`${server.url}/app/settings/people`);
    // The start made an owner of its own; then she is the last.
    const owners = page.getByRole("listitem").filter({ hasText: "Owner, all projects" });
    await owners.first().waitFor();
    const first = owners.filter({ hasNotText: "Olga" }).getByRole("button");
    await first.click();
    await dialog.getByRole("button", { name: "Take away: Owner" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Manage: Olga Owner" }).click();
    await dialog.getByRole("button", { name: "Take away: Owner" }).click();
    await dialog.getByRole("alert").getByText("The last owner stays").waitFor();
    await page.keyboard.press("Escape");
  });
});

describe("an API key", () => {
  test("is shown once, works, and is refused when it is revoked", async () => {
    await page.goto(`${server.url}/app/settings/keys`);
    await page.getByRole("button", { name: "Make a key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What it is for").fill("Wallboard");
    await dialog.getByRole("checkbox", { name: "See calls and conversations" }).check();
    await dialog.getByRole("button", { name: "Make it" }).click();
    await dialog.getByText("It is shown this once").waitFor();
    const key = await dialog.getByRole("code").innerText();
    await dialog.getByRole("button", { name: "Done" }).click();
    assert.equal(await page.getByText(key).count(), 0);
    assert.equal((await ask(server, "/api/calls", { key })).status, 200);
    assert.equal((await ask(server, "/api/doors", { key })).status, 403);

    const made = page.getByRole("listitem").filter({ hasText: "Wallboard" });
    await made.getByText("Active").waitFor();
    await made.getByRole("button", { name: "Revoke: Wallboard" }).click();
    await dialog.getByRole("button", { name: "Revoke" }).click();
    await made.getByText("Revoked").waitFor();
    assert.equal((await ask(server, "/api/calls", { key })).status, 401);
  });
});

describe("the audit log", () => {
  test("says in words what was done, and is narrowed in the address", async () => {
    await page.goto(`${server.url}/app/settings/audit`);
    await page.getByText("Revoked an API key: Wallboard").waitFor();
    await page.getByText("Changed a role: vera@example.com is Supervisor, was Viewer").waitFor();
    const by = (action: string): ReturnType<Page["locator"]> => page.getByRole("listitem").filter({ hasText: action }).first();
    await by("Invited vera@example.com").filter({ hasText: "At the server's console" }).filter({ hasNotText: "from 127" }).waitFor();
    await by("Revoked an API key: Wallboard").filter({ hasText: "from 127.0.0.1" }).waitFor();
    await page.getByLabel("Action", { exact: true }).selectOption("role.taken");
    const log = page.getByRole("list", { name: "Audit log" });
    await log.getByText("Took a role away: vera@example.com is no longer Supervisor").waitFor();
    await log.getByText("Wallboard").waitFor({ state: "detached" });
    await isAt(page, "/app/settings/audit?action=role.taken");
    await page.reload();
    await log.getByText("Details").first().click();
    await log.getByText("role.taken").first().waitFor();
    await page.getByLabel("Who").fill("nobody");
    await page.getByText("Nothing found").waitFor();

    await page.goto(`${server.url}/app/settings/audit`);
    await log.getByText("Changed a role: vera@example.com is Supervisor, was Viewer").waitFor();
    await page.getByLabel("About", { exact: true }).selectOption("API key");
    await log.getByText("vera@example.com").first().waitFor({ state: "detached" });
    await log.getByText("Revoked an API key: Wallboard").waitFor();
    await isAt(page, "/app/settings/audit?entity=api_key");
    assert.equal(await page.getByLabel("Where", { exact: true }).count(), 0); // there is one project alone
  });
});

describe("one's own account", () => {
  test("is known in another browser: its name, its language, its zone", async () => {
    await page.goto(`${server.url}/app/settings/account`);
    await page.getByLabel("Name").fill("Olga Petrova");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    await page.goto(`${server.url}/app/settings`);
    const saved = page.waitForResponse((answer) => answer.request().method() === "PATCH" && answer.ok());
    await page.getByRole("combobox", { name: "Time zone" }).selectOption("Asia/Tokyo");
    await saved;
    await page.getByRole("group", { name: "Language" }).getByRole("button", { name: "Русский" }).click();
    await page.locator('html[lang="ru"]').waitFor();

    const elsewhere = await strangersPage(browser);
    await elsewhere.goto(`${server.url}/app/settings`);
    await sendPassword(elsewhere, owner.email, PASSWORD);
    await elsewhere.locator('html[lang="ru"]').waitFor();
    assert.equal(await elsewhere.getByRole("combobox", { name: "Часовой пояс" }).inputValue(), "Asia/Tokyo");
    await elsewhere.getByRole("group", { name: "Язык" }).getByRole("button", { name: "English" }).click();
    await elsewhere.locator('html[lang="en"]').waitFor();
    await elsewhere.context().close();
  });

  test("tells where one is signed in, and ends the others", async () => {
    await page.goto(`${server.url}/app/settings/account`);
    const sessions = page.getByRole("list", { name: /signed in|вошли/ });
    await sessions.getByText(/this one|этот/).waitFor();
    await page.getByRole("button", { name: /End all others|Завершить все остальные/ }).click();
    await sessions.getByRole("listitem").nth(1).waitFor({ state: "detached" });
  });
});

describe("projects", () => {
  let second: string;

  test("are of one tab each: what comes in one does not show in the other", async () => {
    const { status, body } = await ask<{ id: string }>(server, "/projects", { method: "POST", key: await tokenOf(server, owner.email), body: { name: "Night shift" } });
    assert.equal(status, 201);
    second = body.id;
    await page.goto(`${server.url}/app/calls`);
    await isLive(page);
    const chosen = page.getByRole("combobox", { name: "Project" });
    await chosen.waitFor();
    const first = await chosen.inputValue();
    await isAt(page, `/app/calls?project=${first}`);

    const other = await page.context().newPage();
    await other.goto(`${server.url}/app/calls`);
    await other.getByRole("combobox", { name: "Project" }).selectOption("Night shift");
    await other.waitForURL((url) => url.searchParams.get("project") === second);
    await isLive(other);
    await other.getByText("No conversations yet").waitFor();

    await new FakeCall(server, "+15085140329").arrives();
    await page.getByText("+1 (508) 514-0329").waitFor();
    await page.reload();
    await page.getByText("+1 (508) 514-0329").waitFor();
    assert.equal(await page.getByRole("combobox", { name: "Project" }).inputValue(), first);
    await other.getByText("No conversations yet").waitFor();
    await other.reload();
    await other.getByText("No conversations yet").waitFor();
    await other.goBack();
    await other.waitForURL((url) => url.searchParams.get("project") === first);
    await other.getByText("+1 (508) 514-0329").waitFor();
    await other.close();
  });

  test("are reached by the palette", async () => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "A name" }).fill("night");
    await page.getByRole("option", { name: "Go to project Night shift" }).click();
    await page.waitForURL((url) => url.searchParams.get("project") === second);
    await page.getByText("No conversations yet").waitFor();
  });

  test("are looked at one by one in the audit log of all", async () => {
    const key = await tokenOf(server, owner.email);
    const made = await ask(server, "/api/keys", { method: "POST", key, headers: { "X-Project-Id": second }, body: { name: "Night report", rights: ["calls.read"] } });
    assert.equal(made.status, 201);
    await page.goto(`${server.url}/app/settings/audit`);
    const log = page.getByRole("list", { name: "Audit log" });
    await log.getByText("Wallboard").first().waitFor();
    await log.getByText("Night report").waitFor();
    await page.getByLabel("Where", { exact: true }).selectOption("Night shift");
    await log.getByText("Wallboard").first().waitFor({ state: "detached" });
    await log.getByText("Night report").waitFor();
    await page.waitForURL((url) => url.searchParams.get("of_project") === second);
    await page.reload();
    await log.getByText("Night report").waitFor();
    assert.equal(await page.getByLabel("Where", { exact: true }).inputValue(), second);
  });

  test("that are not one's own have a face, and a way back", async () => {
    await page.goto(`${server.url}/app/calls?project=999`);
    await page.getByRole("heading", { name: "There is no such project here" }).waitFor();
    await page.getByRole("link", { name: "To my projects" }).click();
    await isLive(page);
  });
});
