// Twilio's side of the line: callbacks as it sends them, signed by its own helper library.
import { randomBytes } from "node:crypto";
import twilio from "twilio";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER, type Server } from "./server.ts";

export type Params = Record<string, string>;
export type Door = "voice-inbound" | "voice-status" | "recording-status" | "dial-action";

export function newCallSid(): string {
  return `CA${randomBytes(16).toString("hex")}`;
}

/** Posts parameters to a door, signed for the public address of the server. */
export function post(server: Server, door: Door, params: Params): Promise<Response> {
  const url = `${server.url}/webhooks/twilio/${door}`;
  const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, url, params);
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature },
    body: new URLSearchParams(params).toString(),
  });
}

/** The same, and it must be acknowledged. */
export async function deliver(server: Server, door: Door, params: Params): Promise<void> {
  const answer = await post(server, door, params);
  if (!answer.ok) throw new Error(`${door}: ${answer.status} ${await answer.text()}`);
}

/** One call as its events arrive. `at` counts its callbacks, and gives each a second of its own. */
export class FakeCall {
  readonly sid = newCallSid();
  #at = 0;
  readonly #start = Math.floor(Date.now() / 1000) * 1000;

  constructor(
    readonly server: Server,
    readonly from: string,
    readonly to: string = OWNED_NUMBER,
    readonly parent: FakeCall | null = null,
  ) {}

  #params(status: string, more: Params): Params {
    const timestamp = new Date(this.#start + this.#at * 1000).toUTCString().replace("GMT", "+0000");
    return {
      AccountSid: ACCOUNT_SID,
      ApiVersion: "2010-04-01",
      CallSid: this.sid,
      CallStatus: status,
      Direction: this.parent ? "outbound-dial" : "inbound",
      From: this.from,
      Caller: this.from,
      To: this.to,
      Called: this.to,
      ...(this.parent && { ParentCallSid: this.parent.sid }),
      ...(status === "ringing" && !this.parent ? {} : { Timestamp: timestamp, SequenceNumber: String(this.#at) }),
      ...more,
    };
  }

  /** The request for instructions: the call is there. */
  async arrives(): Promise<void> {
    await deliver(this.server, "voice-inbound", this.#params("ringing", {}));
  }

  async status(status: string, more: Params = {}): Promise<void> {
    this.#at += 1;
    await deliver(this.server, "voice-status", this.#params(status, { CallbackSource: "call-progress-events", ...more }));
  }

  async dialEnds(leg: FakeCall, status: string): Promise<void> {
    await deliver(this.server, "dial-action", this.#params("in-progress", { DialCallSid: leg.sid, DialCallStatus: status }));
  }
}

/** An event that is acknowledged and cannot be applied: it names no call. */
export async function deliverPoison(server: Server): Promise<void> {
  await deliver(server, "voice-status", {
    AccountSid: ACCOUNT_SID,
    CallStatus: "completed",
    From: "+15085140320",
    To: OWNED_NUMBER,
    SequenceNumber: randomBytes(4).toString("hex"),
  });
}
