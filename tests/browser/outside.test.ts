// Who is signed in and has nothing to see here: without a role, without the interface, in a project that is not theirs.
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { SCREENS, anotherScreen, isAccessible, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { type Server, startServer } from "../lib/server.ts";

let server: Server;
let browser: Browser;
let person: Page;

before(async () => {
  server = await startServer();
  browser = await openBrowser();
  person = await signIn(browser, server);
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** What is asked of them is answered so. */
function as(page: Page, change: object): Promise<unknown> {
  return page.route("**/api/me*", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), ...change } });
  });
}

type Outside = { path?: string; me?: object; button?: string; link?: string };
const FACES: Record<string, Outside> = {
  "no-interface": { me: { rights: [] }, button: "Sign out" },
  "no-project": { me: { project: null, rights: [] }, button: "Sign out" },
  "no-such-project": { path: "/app/calls?project=999", link: "To my projects" },
};

for (const [face, { path = "/app/", me, button, link }] of Object.entries(FACES))
  describe(face, () => {
    for (const [screen, viewport] of Object.entries(SCREENS))
      for (const colorScheme of ["light", "dark"] as const)
        test(`looks well, and can be used by everybody: ${screen}, ${colorScheme}`, async () => {
          const page = await anotherScreen(browser, person, { viewport, colorScheme, reducedMotion: "reduce" });
          if (me !== undefined) await as(page, me);
          await page.goto(server.url + path);
          if (button !== undefined) await page.getByRole("button", { name: button }).waitFor();
          if (link !== undefined) await page.getByRole("link", { name: link }).waitFor();
          await screenshot(page, `${face}-${screen}-${colorScheme}`);
          await isAccessible(page);
          await page.context().close();
        });
  });
