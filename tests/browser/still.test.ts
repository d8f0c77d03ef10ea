// Nothing moves by itself for who wants no motion, and nothing jumps while a place is loaded.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page, Request } from "playwright-core";
import { DESKTOP, PHONE, anotherScreen } from "../lib/browser.ts";
import { DRAWN, PLACES, goToPlace, openScene } from "../lib/places.ts";
import type { Server } from "../lib/server.ts";
import type { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

let server: Server;
let browser: Browser;
let person: Page;
let talking: FakeCall;

before(async () => {
  ({ server, browser, person, talking } = await openScene());
});
after(async () => {
  await browser.close();
  await server.remove();
});

/** What moves, or would move when it changes, longer than an eye sees; what is painted before and after an element too. */
function motions(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const LEAST_SECONDS = 0.01;
    const found = document.getAnimations().map((animation) => {
      const { target } = animation.effect as KeyframeEffect;
      return `${animation.playState}: ${(target?.outerHTML ?? "").slice(0, 120)}`;
    });
    for (const element of document.querySelectorAll("*"))
      for (const part of [null, "::before", "::after"]) {
        const style = getComputedStyle(element, part);
        if (part !== null && style.content === "none") continue;
        const changes = style.transitionProperty !== "none" && style.transitionDuration.split(",").some((each) => parseFloat(each) > LEAST_SECONDS);
        const runs = style.animationName !== "none" && style.animationDuration.split(",").some((each) => parseFloat(each) > LEAST_SECONDS);
        if (changes || runs) found.push(`${part ?? ""} of ${element.outerHTML.slice(0, 120)}`);
      }
    return found;
  });
}

describe("for who wants no motion nothing moves", () => {
  let page: Page;
  before(async () => {
    page = await anotherScreen(browser, person, { viewport: DESKTOP, reducedMotion: "reduce" });
  });
  after(() => page.context().close());

  for (const [name, place] of DRAWN)
    test(name, async () => {
      await goToPlace(page, talking, place);
      assert.deepEqual(await motions(page), []);
    });

  test("in the palette, in the keys, in a question", async () => {
    for (const key of ["Control+k", "?"]) {
      await goToPlace(page, talking, PLACES["deadletters"] ?? assert.fail());
      await page.keyboard.press(key);
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await motions(page), []);
    }
    await goToPlace(page, talking, PLACES["deadletters"] ?? assert.fail());
    await page.getByRole("button", { name: /^Replay all/ }).click();
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await motions(page), []);
  });

  test("and for others something does, which is seen", async () => {
    const other = await anotherScreen(browser, person, { viewport: DESKTOP, reducedMotion: "no-preference" });
    await goToPlace(other, talking, PLACES["live"] ?? assert.fail());
    assert.notDeepEqual(await motions(other), []);
    await other.context().close();
  });
});

type Shift = { value: number; what: string[] };
type Watching = { shifts: Shift[] };

/** From its first paint on every jump of a page's layout is noted that nobody has asked for, with what jumped. */
function watchShifts(page: Page): Promise<unknown> {
  return page.addInitScript(() => {
    type Entry = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] };
    const shifts: Shift[] = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries() as Entry[])
        if (!hadRecentInput)
          shifts.push({ value, what: sources.map(({ node }) => (node instanceof Element ? node.outerHTML : (node?.textContent ?? "")).slice(0, 160)) });
    }).observe({ type: "layout-shift", buffered: true });
    Object.assign(window, { shifts });
  });
}

/** All that was asked for is there, drawn, and looked at. */
async function isIdle(page: Page, open: Set<Request>): Promise<void> {
  await until("all answers are there", () => (open.size === 0 ? true : undefined));
  await page.locator("[class*=Skeleton]").first().waitFor({ state: "detached" });
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  });
}

/**
 * What is let pass, of what is 1 when all jumps as far as the screen is wide: the header's words find their places when it is
 * known whose page it is and whether it is live, and a contact's when its name is.
 */
const HEADER = 0.01;
const shiftsOf = (page: Page): Promise<Shift[]> => page.evaluate(() => (window as unknown as Watching).shifts);

for (const [screen, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE }))
  describe(`on a ${screen} nothing jumps from the first paint on`, () => {
    let page: Page;
    const open = new Set<Request>();
    before(async () => {
      page = await anotherScreen(browser, person, { viewport });
      page.on("request", (request) => { if (request.url().includes("/api/")) open.add(request); });
      page.on("requestfinished", (request) => { open.delete(request); });
      page.on("requestfailed", (request) => { open.delete(request); });
      await watchShifts(page);
    });
    after(() => page.context().close());

    for (const [name, place] of DRAWN)
      test(name, async () => {
        await goToPlace(page, talking, place);
        await isIdle(page, open);
        const shifts = await shiftsOf(page);
        const all = shifts.reduce((sum, { value }) => sum + value, 0);
        assert.ok(all <= HEADER, JSON.stringify(shifts, null, 1));
      });

    test("and a jump would be noted", async () => {
      await page.evaluate(() => {
        document.querySelector("main")?.style.setProperty("margin-top", "80px");
      });
      await until("the jump is noted", async () => ((await shiftsOf(page)).some(({ value }) => value > HEADER) ? true : undefined));
    });
  });
