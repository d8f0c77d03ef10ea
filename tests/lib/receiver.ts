// A receiver of webhooks, as a customer of Twilio would write one with Twilio's own library.
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import twilio from "twilio";
import { listen } from "./listen.ts";
import { AUTH_TOKEN } from "./server.ts";
import type { Params } from "./twilio.ts";

export type Webhook = {
  path: string;
  params: Params;
  /** The verdict of Twilio's library. */
  valid: boolean;
  headers: IncomingMessage["headers"];
};

export type Receiver = {
  url: string;
  /** All that came, in order. */
  webhooks: Webhook[];
  /** The next one, present or to come, that is meant. */
  next: (is: (webhook: Webhook) => boolean) => Promise<Webhook>;
  close: () => Promise<void>;
};

const WAIT_MS = 20_000;

/** `answer` gives the TwiML for a request; without any it is answered 204. Forged ones get 403. */
export async function startReceiver(answer: (webhook: Webhook) => string | undefined): Promise<Receiver> {
  const webhooks: Webhook[] = [];
  const arrivals = new EventTarget();
  const { url, close } = await listen((request, response) => {
    void take(request).then((webhook) => {
      webhooks.push(webhook);
      arrivals.dispatchEvent(new Event("webhook"));
      const twiml = webhook.valid ? answer(webhook) : undefined;
      response.statusCode = !webhook.valid ? 403 : twiml === undefined ? 204 : 200;
      if (twiml !== undefined) response.setHeader("Content-Type", "text/xml");
      response.end(twiml);
    });
  });

  async function take(request: IncomingMessage): Promise<Webhook> {
    const params = Object.fromEntries(new URLSearchParams(await text(request)));
    const signature = String(request.headers["x-twilio-signature"]);
    const path = request.url ?? "";
    return { path, params, valid: twilio.validateRequest(AUTH_TOKEN, signature, url + path, params), headers: request.headers };
  }

  return {
    url,
    webhooks,
    next: async (is) => {
      const late = AbortSignal.timeout(WAIT_MS);
      for (;;) {
        const found = webhooks.find(is);
        if (found) return found;
        await once(arrivals, "webhook", { signal: late });
      }
    },
    close,
  };
}
