// Another project is made and connected from the page; how much a project may use is seen, and chosen smaller.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ask } from "../lib/api.ts";
import { DESKTOP, PHONE, anotherScreen, isAccessible, isLive, openBrowser, screenshot } from "../lib/browser.ts";
import { type Person, enter, makePerson, tokenOf } from "../lib/people.ts";
import { startSandbox, type Sandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, AUTH_TOKEN, freePort, type Server, startServer } from "../lib/server.ts";

let server: Server;
let sandbox: Sandbox;
let browser: Browser;
let owner: Person;
let page: Page;
before(async () => {
  const port = await freePort();
  server = await startServer({ TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "", OWNED_PHONE_NUMBERS: "", TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}` });
  sandbox = await startSandbox(server.url, ["--rate", "0", "--port", String(port)]);
  browser = await openBrowser();
  owner = await makePerson(server, "olga@example.com", "owner", "Olga Owner");
  page = await enter(browser, server, owner, "/app/settings/project", { bypassCSP: true }); // for the judge of accessibility
});
after(async () => {
  await browser.close();
  await sandbox.stop();
  await server.remove();
});

async function make(name: string): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Make a project" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Make it" }).click();
  await page.waitForURL(/\/app\/start\?project=\d+$/);
  await page.getByRole("combobox", { name: "Project" }).locator("option:checked", { hasText: name }).waitFor({ state: "attached" });
}

describe("another project", () => {
  test("is made in the settings, and leads to its own onboarding", async () => {
    await page.getByRole("button", { name: "Make a project" }).click();
    await isAccessible(page);
    await make("Night shift");
    const account = page.getByRole("region", { name: "1. Your Twilio account" });
    await account.getByText("No account is connected").waitFor();
    await page.getByText("Waiting for the first event").waitFor();
  });

  test("says its whole name in a hand, in Russian too", async () => {
    const phone = await anotherScreen(browser, page, { viewport: PHONE, locale: "ru-RU" });
    await phone.goto(`${server.url}/app/?project=1`);
    await isLive(phone);
    const select = phone.locator("header select");
    await select.locator("option:checked", { hasText: "Default project" }).waitFor({ state: "attached" });
    const [width, whole] = await select.evaluate((box) => {
      const copy = box.cloneNode(true) as HTMLElement;
      Object.assign(copy.style, { position: "absolute", maxWidth: "none", width: "max-content" });
      box.after(copy);
      const widths = [box, copy].map((each) => Math.round(each.getBoundingClientRect().width)) as [number, number];
      copy.remove();
      return widths;
    });
    assert.ok(width >= whole, `${String(width)} of ${String(whole)} px`);
    await phone.context().close();
  });

  test("is connected there, and checked", async () => {
    const account = page.getByRole("region", { name: "1. Your Twilio account" });
    await account.getByRole("button", { name: "Connect an account" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Account SID").fill(ACCOUNT_SID);
    await dialog.getByLabel("Auth token", { exact: true }).fill(AUTH_TOKEN);
    await dialog.getByRole("button", { name: "Connect", exact: true }).click();
    await account.getByText(ACCOUNT_SID).waitFor();
    await page.getByRole("region", { name: /lead here|come in/ }).getByRole("button", { name: /^Check/ }).click();
    await page.locator('[data-code="account_ok"]').waitFor();
  });

  test("learns of its flow, and of no node of the installation", async () => {
    const id = new URL(page.url()).searchParams.get("project") ?? "";
    const answered = page.waitForResponse((answer) => answer.url().endsWith("/api/nodes"));
    await page.goto(`${server.url}/app/operations?project=${id}`);
    await answered;
    await page.getByRole("list", { name: "The way of an event" }).getByText("Received to applied").waitFor();
    await page.getByText("Nothing was missing").waitFor();
    for (const name of ["Nodes", "Canary"]) await page.getByRole("region", { name }).waitFor({ state: "detached" });
    assert.equal(await page.getByText("Applied to shown").count(), 0);
  });

  test("is made from the palette as well", async () => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "A name" }).fill("make a pro");
    await page.keyboard.press("Enter");
    await make("Branch in Lyon");
  });

  test("is not offered to an admin, who would be refused", async () => {
    const admin = await makePerson(server, "adam@example.com", "admin", "Adam Admin");
    const theirs = await enter(browser, server, admin, "/app/settings/project");
    await theirs.getByRole("list", { name: "How much it may use" }).waitFor();
    assert.equal(await theirs.getByRole("button", { name: "Make a project" }).count(), 0);
    await theirs.keyboard.press("Control+k");
    await theirs.getByRole("combobox", { name: "A name" }).fill("make a pro");
    const offered = theirs.getByRole("listbox").getByRole("option");
    await offered.filter({ hasText: "make a pro" }).waitFor(); // the search itself
    assert.equal(await offered.count(), 1);
    await theirs.goto(`${server.url}/app/settings/project?sheet=project`);
    await theirs.getByRole("list", { name: "How much it may use" }).waitFor();
    assert.equal(await theirs.getByRole("dialog").count(), 0);
    const { status } = await ask(server, "/projects", { method: "POST", key: await tokenOf(server, admin.email), body: { name: "Adam's" } });
    assert.equal(status, 403);
    await theirs.context().close();
  });
});

describe("how much a project may use", () => {
  const quota = () => page.getByRole("list", { name: "How much it may use" }).getByRole("listitem").filter({ hasText: "Live clients" });

  test("is told with what is used, and looks well", async () => {
    await page.goto(`${server.url}/app/settings/project`);
    await quota().getByText(/^now \d/).waitFor();
    for (const [screen, viewport] of Object.entries({ desktop: { ...DESKTOP, height: 1900 }, phone: { ...PHONE, height: 2400 } }))
      for (const colorScheme of ["light", "dark"] as const) {
        const other = await anotherScreen(browser, page, { viewport, colorScheme, reducedMotion: "reduce" });
        await other.goto(`${server.url}/app/settings/project`);
        await isLive(other);
        await other.getByText(/^now \d/).first().waitFor();
        await screenshot(other, `project-quotas-${screen}-${colorScheme}`);
        await isAccessible(other);
        await other.context().close();
      }
  });

  test("is measured against what is used, and said in words when little is left, or none", async () => {
    const clients = { name: "realtime_clients_max", value: 10, most: 10, chosen: null };
    for (const [used, said] of [[1, null], [8, "nearly used up"], [11, "used up"]] as const) {
      await page.route("**/api/quotas", (route) => route.fulfill({ json: { quotas: [{ ...clients, used }] } }));
      try {
        await page.reload();
        const meter = quota().getByRole("meter", { name: "Used now: Live clients" });
        await meter.and(page.locator(`[aria-valuenow="${String(Math.min(used, 10))}"]`)).waitFor();
        assert.equal(await quota().getByText("used up").count(), said === null ? 0 : 1);
        if (said !== null) await quota().getByText(said, { exact: true }).waitFor();
      } finally {
        await page.unroute("**/api/quotas");
      }
    }
  });

  test("is marked as old when it is told no longer", async () => {
    let isTold = true;
    await page.route("**/api/quotas", (route) => (isTold ? route.continue() : route.fulfill({ status: 403, body: "{}" })));
    try {
      await page.reload();
      await quota().waitFor();
      isTold = false;
      await page.getByRole("region", { name: "How much it may use" }).getByText(/^as of/).waitFor();
    } finally {
      await page.unroute("**/api/quotas");
      await page.reload();
    }
  });

  test("is chosen smaller, and as it was again", async () => {
    const dialog = page.getByRole("dialog", { name: "Live clients" });
    await quota().getByRole("button", { name: "Choose less: Live clients" }).click();
    await dialog.getByRole("button", { name: "Save" }).click(); // as much as it may is no choice
    await dialog.waitFor({ state: "detached" });
    assert.equal(await quota().getByText(/^chosen here/).count(), 0);
    await quota().getByRole("button", { name: "Choose less: Live clients" }).click();
    await dialog.getByLabel("At most").fill("7");
    await dialog.getByRole("button", { name: "Save" }).click();
    await quota().getByText("at most 7", { exact: true }).waitFor();
    await quota().getByText(/^chosen here; it may have/).waitFor();
    await quota().getByRole("button", { name: "Choose less: Live clients" }).click();
    await dialog.getByRole("button", { name: "As much as it may" }).click();
    await quota().getByText(/^chosen here/).waitFor({ state: "detached" });
  });
});

describe("the address", () => {
  test("keeps whose switches, which runs and which person are looked at", async () => {
    const { body } = await ask<{ projects: { id: string }[] }>(server, "/projects", { key: await tokenOf(server, owner.email) });
    const first = `project=${body.projects[0]?.id ?? ""}`;
    await page.goto(`${server.url}/app/operations?scope=installation&runs=freeze&${first}`);
    await page.getByRole("dialog", { name: "Runs: Freeze" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "All projects" }).getAttribute("aria-pressed"), "true");
    await page.keyboard.press("Escape");
    await page.waitForURL(/scope=installation&project=/);
    await page.goto(`${server.url}/app/settings/people?${first}`);
    await page.getByRole("button", { name: /Olga Owner/ }).click();
    await page.waitForURL(/person=\d+/);
    await page.reload();
    await page.getByRole("dialog", { name: "Olga Owner" }).waitFor();
    const users = /\/api\/users$/;
    await page.route(users, (route) => route.fulfill({ json: { users: [], next_after: "0" } })); // she is on a later page
    try {
      await page.reload();
      await page.getByRole("dialog", { name: "Olga Owner" }).waitFor();
      await page.keyboard.press("Control+k"); // another room has no person
      await page.locator("input[role=combobox]:focus").fill("go to roles");
      await page.keyboard.press("Enter");
      await page.waitForURL(new RegExp(`/settings/roles\\?${first}$`));
    } finally {
      await page.unroute(users);
    }
  });
});
