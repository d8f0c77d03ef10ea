// A recording is heard: on the page of a call, and among the calls of a conversation.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { SCREENS, anotherScreen, isAccessible, isLive, openBrowser, screenshot, signIn } from "../lib/browser.ts";
import { type Media, plays, refuses, saysNothing, SECONDS, startMedia } from "../lib/media.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";

const CALLER = "+15085140320";
const SCHEMES = ["light", "dark"] as const;

let server: Server, media: Media, browser: Browser, person: Page;
let dual: FakeCall, mono: FakeCall;

async function recordedCall(channels: string): Promise<FakeCall> {
  const call = new FakeCall(server, CALLER);
  await call.arrives();
  await call.status("in-progress");
  await call.status("completed", { CallDuration: String(SECONDS) });
  await call.recorded({ RecordingUrl: media.recording(`RE${channels}`), RecordingDuration: String(SECONDS), RecordingChannels: channels });
  return call;
}

before(async () => {
  media = await startMedia();
  server = await startServer({ TWILIO_BASE_URL: media.url });
  dual = await recordedCall("2");
  mono = await recordedCall("1");
  await settled(server);
  browser = await openBrowser();
  person = await signIn(browser, server);
});
beforeEach(() => {
  Object.assign(media, { mood: plays, told: [], paths: [] });
});
after(async () => {
  await browser.close();
  await server.remove();
  await media.close();
});

const playerOf = (page: Page): Locator => page.getByRole("group", { name: "Recording" });
const positionOf = (player: Locator): Locator => player.getByRole("slider", { name: "Position in the recording" });

async function openCall(page: Page, call: FakeCall): Promise<Locator> {
  await page.goto(`${server.url}/app/call/${call.sid}`);
  await isLive(page);
  return playerOf(page);
}

/** Seconds from the start, as they are told. */
async function at(player: Locator): Promise<number> {
  return Number(await positionOf(player).getAttribute("aria-valuenow"));
}

async function isAt(player: Locator, seconds: number): Promise<void> {
  await player.locator(`[role=slider][aria-valuenow="${String(seconds)}"]`).waitFor();
}

/** It goes on from there, however slow the machine is. */
async function advances(player: Locator, from: number): Promise<void> {
  await player.locator(`[role=slider]:not([aria-valuenow="${String(from)}"])`).waitFor();
  assert.ok((await at(player)) > from);
}

/** Plays it, and pauses at once. */
async function paused(player: Locator): Promise<void> {
  await player.getByRole("button", { name: "Play the recording" }).click();
  await player.getByRole("button", { name: "Pause" }).click();
  await player.getByRole("button", { name: "Play", exact: true }).waitFor();
}

describe("the player", () => {
  let player: Locator;
  before(async () => {
    player = await openCall(person, dual);
  });

  test("fetches nothing before somebody wants to listen, and then plays", async () => {
    await player.getByRole("button", { name: "Play the recording" }).waitFor();
    assert.equal(media.told.length, 0);
    await player.getByRole("button", { name: "Play the recording" }).click();
    await player.locator("xpath=self::*[@data-playing='true']").waitFor();
    await advances(player, 0);
    assert.equal(media.told.length, 1);
    assert.ok((await player.innerText()).includes(`/ 0:0${String(SECONDS)}`));
  });

  test("draws a lane for the caller and one for the callee", async () => {
    await player.getByText("Caller", { exact: true }).waitFor();
    await player.getByText("Callee", { exact: true }).waitFor();
  });

  test("pauses and goes on by the space bar, and is moved by the keys", async () => {
    const position = positionOf(player);
    await position.focus();
    await person.keyboard.press("Space");
    await player.getByRole("button", { name: "Play", exact: true }).waitFor();
    await person.keyboard.press("Home");
    await isAt(player, 0);
    await person.keyboard.press("ArrowRight");
    await isAt(player, 5);
    assert.equal(await position.getAttribute("aria-valuetext"), `5 seconds of ${String(SECONDS)} seconds`);
    await person.keyboard.press("ArrowRight");
    await isAt(player, SECONDS);
    await person.keyboard.press("ArrowLeft");
    await isAt(player, SECONDS - 5);
    await person.keyboard.press("Space");
    await player.getByRole("button", { name: "Pause" }).waitFor();
    await advances(player, SECONDS - 5);
    await person.keyboard.press("Space");
    await player.getByRole("button", { name: "Play", exact: true }).waitFor();
  });

  test("goes where it is clicked, and along while it is dragged", async () => {
    const box = await positionOf(player).boundingBox();
    assert.ok(box);
    const [middle, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await person.mouse.move(middle, y);
    await person.mouse.down();
    await isAt(player, Math.floor(SECONDS / 2));
    await person.mouse.move(box.x + box.width / SECONDS + 1, y);
    await isAt(player, 1);
    await person.mouse.move(box.x - 100, y);
    await isAt(player, 0);
    await person.mouse.up();
    await person.mouse.move(middle, y);
    assert.equal(await at(player), 0);
  });

  test("plays faster, and as before", async () => {
    for (const rate of ["1.5", "2", "1"]) {
      await player.getByRole("button", { name: "Speed" }).click();
      await player.getByRole("button", { name: `Speed: ${rate} times`, exact: true }).waitFor();
    }
  });

  test("gives the file to who wants to keep it", async () => {
    const download = person.waitForEvent("download");
    await player.getByRole("button", { name: "Download" }).click();
    assert.equal((await download).suggestedFilename(), `${dual.sid}.wav`);
  });
});

describe("among the calls of a conversation", () => {
  test("the same player stands with each call that was recorded, and one at a time is heard", async () => {
    await person.goto(`${server.url}/app/calls/1`);
    await isLive(person);
    const [first, second] = [playerOf(person).nth(0), playerOf(person).nth(1)];
    await first.getByRole("button", { name: "Play the recording" }).click();
    await advances(first, 0);
    await second.getByRole("button", { name: "Play the recording" }).click();
    await advances(second, 0);
    assert.equal(await first.getAttribute("data-playing"), "false");
    assert.equal(await second.getAttribute("data-playing"), "true");
  });
});

describe("what goes wrong", () => {
  test("is said with what to do, and can be tried again", async () => {
    media.mood = refuses(401);
    const player = await openCall(person, mono);
    await player.getByRole("button", { name: "Play the recording" }).click();
    const alert = player.getByRole("alert");
    await alert.getByText("Twilio refused our credentials").waitFor();
    await alert.getByText(/compare TWILIO_ACCOUNT_SID/).waitFor();
    const link = player.getByRole("link", { name: "Open it at the provider" });
    assert.equal(await link.getAttribute("href"), media.recording("RE1"));
    media.mood = plays;
    await alert.getByRole("button", { name: "Try again" }).click();
    await advances(player, 0);
    assert.equal(await person.evaluate(() => document.activeElement?.textContent), "Pause");
  });

  test("is said of a recording that was deleted, and of one that this browser cannot play", async () => {
    media.mood = refuses(404);
    const deleted = await openCall(person, mono);
    await deleted.getByRole("button", { name: "Play the recording" }).click();
    await deleted.getByText("the recording was deleted at Twilio").waitFor();
    media.mood = (_, response) => response.setHeader("Content-Type", "audio/mpeg").end("no sound at all");
    await deleted.getByRole("button", { name: "Try again" }).click();
    await deleted.getByText("This browser cannot play the recording").waitFor();
  });
});

for (const [screen, viewport] of Object.entries(SCREENS))
  for (const colorScheme of SCHEMES)
    describe(`${screen}, ${colorScheme}`, () => {
      let page: Page;
      before(async () => {
        page = await anotherScreen(browser, person, { viewport, colorScheme, reducedMotion: "reduce" });
      });
      after(() => page.context().close());

      async function isFine(name: string): Promise<void> {
        await screenshot(page, `recording-${name}-${screen}-${colorScheme}`);
        await isAccessible(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `the page is ${String(overflow)} px wider than the screen`);
      }

      for (const [name, call] of Object.entries({ dual: () => dual, mono: () => mono }))
        test(name, async () => {
          const player = await openCall(page, call());
          await paused(player);
          await positionOf(player).focus();
          await page.keyboard.press("Home");
          await page.keyboard.press("ArrowRight");
          await isAt(player, 5);
          await isFine(name);
        });

      test("before it is asked for, and while it is fetched", async () => {
        const player = await openCall(page, dual);
        await player.getByRole("button", { name: "Play the recording" }).waitFor();
        await isFine("idle");
        media.mood = saysNothing;
        await player.getByRole("button", { name: "Play the recording" }).click();
        await player.getByRole("button", { name: "Fetching the recording" }).waitFor();
        await isFine("loading");
        media.hangUp();
      });

      test("failed", async () => {
        media.mood = refuses(401);
        const player = await openCall(page, dual);
        await player.getByRole("button", { name: "Play the recording" }).click();
        await player.getByRole("alert").waitFor();
        await isFine("failed");
      });

      test("in a conversation", async () => {
        await page.goto(`${server.url}/app/calls/1`);
        await isLive(page);
        await paused(playerOf(page).first());
        await isFine("conversation");
      });
    });
