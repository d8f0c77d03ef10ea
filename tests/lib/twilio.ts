// Twilio's side of the line: callbacks as it sends them, signed by its own helper library.
import { randomBytes } from "node:crypto";
import twilio from "twilio";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER, type Server } from "./server.ts";
import { until } from "./wait.ts";

export type Params = Record<string, string>;
export type Door = "voice-inbound" | "voice-status" | "recording-status" | "dial-action";

export function newCallSid(): string {
  return `CA${randomBytes(16).toString("hex")}`;
}

/** Posts parameters to a door, signed for the public address of the server. */
export function post(server: Server, door: Door, params: Params, token = AUTH_TOKEN): Promise<Response> {
  const url = `${server.url}/webhooks/twilio/${door}`;
  const signature = twilio.getExpectedTwilioSignature(token, url, params);
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
    readonly send: (door: Door, params: Params) => Promise<void> = (door, params) => deliver(server, door, params),
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
    await this.send("voice-inbound", this.#params("ringing", {}));
  }

  async status(status: string, more: Params = {}): Promise<void> {
    this.#at += 1;
    await this.send("voice-status", this.#params(status, { CallbackSource: "call-progress-events", ...more }));
  }

  async recorded(more: Params = {}): Promise<void> {
    await this.send("recording-status", {
      AccountSid: ACCOUNT_SID,
      CallSid: this.sid,
      RecordingSid: `RE${this.sid.slice(2)}`,
      RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT_SID}/Recordings/RE${this.sid.slice(2)}`,
      RecordingStatus: "completed",
      RecordingDuration: "28",
      RecordingChannels: "2",
      RecordingSource: "DialVerb",
      ...more,
    });
  }

  async dialEnds(leg: FakeCall, status: string, more: Params = {}): Promise<void> {
    await this.send("dial-action", this.#params("in-progress", { DialCallSid: leg.sid, DialCallStatus: status, ...more }));
  }
}

/** One answered call and its leg, written down in order, to be sent in any order. */
export async function answeredCall(server: Server, from: string): Promise<{ parent: FakeCall; events: (() => Promise<void>)[] }> {
  const events: (() => Promise<void>)[] = [];
  const note = (door: Door, params: Params): Promise<void> => {
    events.push(() => deliver(server, door, params));
    return Promise.resolve();
  };
  const parent = new FakeCall(server, from, OWNED_NUMBER, null, note);
  const leg = new FakeCall(server, from, "sip:dispatcher@abchomes.sip.us1.twilio.com", parent, note);
  await parent.arrives();
  for (const status of ["initiated", "ringing", "in-progress"]) await leg.status(status);
  await leg.status("completed", { CallDuration: "29" });
  await parent.dialEnds(leg, "completed", { DialCallDuration: "29", DialBridged: "true" });
  await parent.status("completed", { CallDuration: "35" });
  await parent.recorded();
  return { parent, events };
}

/** Whose callbacks they are. */
export type Account = { sid: string; token: string };

/** A call of an account that was connected just now: whoever knows it not yet is knocked at again. */
export function callOf(server: Server, account: Account, from: string): FakeCall {
  return new FakeCall(server, from, OWNED_NUMBER, null, async (door, params) => {
    await until("the node knows the account", async () => ((await post(server, door, { ...params, AccountSid: account.sid }, account.token)).ok ? true : undefined));
  });
}

const USUAL: Account = { sid: ACCOUNT_SID, token: AUTH_TOKEN };

/** An event that is acknowledged and cannot be applied: it names no call. */
export function postPoison(server: Server, account = USUAL): Promise<Response> {
  return post(server, "voice-status", {
    AccountSid: account.sid,
    CallStatus: "completed",
    From: "+15085140320",
    To: OWNED_NUMBER,
    SequenceNumber: randomBytes(4).toString("hex"),
  }, account.token);
}

/** The same, and it must be acknowledged. */
export async function deliverPoison(server: Server): Promise<void> {
  const answer = await postPoison(server);
  if (!answer.ok) throw new Error(`poison: ${answer.status} ${await answer.text()}`);
}
