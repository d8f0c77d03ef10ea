// Where a provider keeps its recordings: an HTTP server that wants a password, and has moods.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen } from "./listen.ts";
import { ACCOUNT_SID, AUTH_TOKEN } from "./server.ts";
import { wav } from "./wav.ts";

const BASIC = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString("base64")}`;
const WAIT_MS = 20_000;

/** What it makes of a request that has the right password. */
export type Mood = (request: IncomingMessage, response: ServerResponse) => void;

export const SECONDS = 9;

/** Two channels where it is asked for a .wav, else one. */
export const plays: Mood = (request, response) => {
  response.setHeader("Content-Type", "audio/x-wav");
  response.end(wav(SECONDS, request.url?.endsWith(".wav") ? 2 : 1));
};

/** Refuses with a status, as Twilio's API does. */
export const refuses =
  (status: number): Mood =>
  (_, response) => {
    response.statusCode = status;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ status, message: "no" }));
  };

export const leadsTo =
  (url: string): Mood =>
  (_, response) => {
    response.statusCode = 302;
    response.setHeader("Location", url);
    response.end();
  };

/** Without end, and without saying how much it will be. */
export const floods: Mood = (_, response) => {
  response.setHeader("Content-Type", "audio/mpeg");
  const piece = Buffer.alloc(1024 * 1024);
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
    response.once("drain", more);
  };
  response.once("error", () => undefined);
  more();
};

export const saysNothing: Mood = () => undefined;

export type Media = {
  url: string;
  mood: Mood;
  /** The Authorization of each request, in order. */
  told: (string | undefined)[];
  paths: string[];
  /** Whether the password is looked at: who is led here by another must not have it. */
  isOpen: boolean;
  /** When so many requests have come since it was made. */
  asked: (n: number) => Promise<void>;
  /** Breaks off whatever is under way. */
  hangUp: () => void;
  /** The address of a recording, as its callback tells it. */
  recording: (sid: string) => string;
  close: () => Promise<void>;
};

/** A fresh one plays. */
export async function startMedia(): Promise<Media> {
  const arrivals = new EventTarget();
  const { url, hangUp, close } = await listen((request, response) => {
    media.told.push(request.headers.authorization);
    media.paths.push(request.url ?? "");
    arrivals.dispatchEvent(new Event("request"));
    if (media.isOpen || request.headers.authorization === BASIC) media.mood(request, response);
    else refuses(401)(request, response);
  });
  const media: Media = {
    url,
    mood: plays,
    told: [],
    paths: [],
    isOpen: false,
    asked: async (n) => {
      const late = AbortSignal.timeout(WAIT_MS);
      while (media.told.length < n) await once(arrivals, "request", { signal: late });
    },
    hangUp,
    recording: (sid) => `${url}/2010-04-01/Accounts/${ACCOUNT_SID}/Recordings/${sid}`,
    close,
  };
  return media;
}
