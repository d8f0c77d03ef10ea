// What somebody is told who starts with an empty installation, in English.
import type { RefusalReason } from "../types";
import { language } from "./language";

const { counted } = language("en");

type Reason = { title: string; fix: (base: string) => string };

export const start = {
  title: "Get started",
  intro: "Hookswitch shows the calls of your Twilio number as soon as Twilio tells it about them.",
  again: "How Twilio is connected, whether its events come in, and demo calls.",
  open: "Open",
  arrived: "The first call has come in. Everything works.",
  openArrived: "Open the call",
  dismiss: "Dismiss",

  accounts: "1. Your Twilio account",
  check: "3. Does it all lead here?",

  server: {
    title: "This server",
    ready: "Ready",
    toDo: "To do",
    isNear: (base: string) => `The sandbox reaches this server at ${base}.`,
    isPublic: (base: string) => `Twilio is to reach this server at ${base}.`,
    notPublic: (base: string) =>
      `Twilio cannot reach ${base}. Set WEBHOOK_BASE_URL to the https address under which the internet reaches this server, and restart it.`,
    ingests: "Webhooks are accepted.",
    doesNotIngest: "Webhooks are not accepted. Set WEBHOOK_INGESTION_ENABLED to true, and restart the server.",
  },

  twilio: {
    title: "2. In the Twilio Console",
    number: {
      title: "Your phone number",
      where: "Phone Numbers → Manage → Active numbers → your number → Voice Configuration. For calls from SIP phones, the first address goes to Voice → SIP domains → your domain as well.",
    },
    voice: { field: "A call comes in: Webhook, HTTP POST", note: "The answer rings your SIP user and asks for initiated, ringing, answered and completed of that leg by itself." },
    status: { field: "Call status changes: HTTP POST", note: "There are no events to tick here: it reports the end of the call. Where you place calls over the API, name it as StatusCallback, with the events initiated, ringing, answered and completed." },
    recordings: { title: "Recordings, if you make any", where: "Wherever a recording is started: TwiML, API or console." },
    recording: { field: "Recording status callback: HTTP POST", note: "Event: completed." },
    own: { title: "TwiML of your own, if you have any", where: "Our answer names this address already. Set it only where a <Dial> of your own connects the call." },
    dial: { field: "action of <Dial>: HTTP POST", note: "It reports how the dialled leg ended." },
  },

  first: {
    title: "4. The first event",
    waiting: "Waiting for the first event",
    waitingBody: "Call your number. What Twilio sends is shown here at once; nothing has to be reloaded.",
    received: "Events come in",
    stuck: "Received, and could not be processed",
    refused: "A request was refused",
    latest: (n: number, name: string) => `${counted(n, { one: "event", other: "events" })} received. The latest: ${name},`,
    openCall: "Open the call",
    openLive: "Go to Live",
    openEvent: "Look at the event",
    refusedCount: (n: number) => `${counted(n, { one: "request", other: "requests" })} since the server's start, the latest`,
    reasons: {
      wrong_url: {
        title: "The token is right, the address is not.",
        fix: (base) => `Twilio called another address than ${base}, and signs what it calls. Set WEBHOOK_BASE_URL to exactly the scheme, host and port of the address in the console, or paste the addresses above.`,
      },
      bad_signature: {
        title: "The signature does not match.",
        fix: (base) => `Compare the auth token of the account here with the primary one in Twilio's console: give it to the account anew. If it is the same, Twilio calls another address than ${base}, or a proxy changes the path on the way.`,
      },
      unknown_account: {
        title: "It came from another Twilio account.",
        fix: () => "Connect the account that owns the number. A sub-account has its own sid and token.",
      },
      no_signature: {
        title: "It had no signature.",
        fix: () => "It was not Twilio, or a proxy in front of this server drops the header X-Twilio-Signature.",
      },
      malformed_signature: {
        title: "What stood for a signature is none.",
        fix: () => "It was not Twilio, or a proxy in front of this server changes the header X-Twilio-Signature.",
      },
      bad_body: {
        title: "It could not be read.",
        fix: () => "Twilio sends forms of at most 64 KB. See whether a proxy changes the body, or turns POST into GET by a redirect.",
      },
      foreign_peer: {
        title: "Its address is not on the list.",
        fix: () => "Twilio's addresses are not fixed: leave WEBHOOK_ALLOWED_CIDRS empty. Behind a proxy, name it in TRUSTED_PROXIES.",
      },
      over_budget: {
        title: "Too many invalid requests came from one address.",
        fix: () => "Whoever it is has to wait a minute. Validly signed events from there are still accepted.",
      },
      over_limit: {
        title: "More came than this project may bring in.",
        fix: () => "They were sent back unread. Find out what sends so much; who runs the installation can grant more: hookswitch quota.",
      },
    } satisfies Record<RefusalReason, Reason> as Record<RefusalReason, Reason>,
  },

  demo: {
    title: "Only look around?",
    badge: "Demo",
    badgeNote: "The calls of this installation come from the sandbox. None is real.",
    here: "This installation is a demo: its calls come from the sandbox, and none is real.",
    make: "Make five demo calls",
    made: "They are on their way.",
    elsewhere: "Demo calls are never made here, so that they cannot be taken for real ones. This command starts an installation of its own, with a store of its own, and fills it with calls:",
    command: "In the directory of Hookswitch's source",
  },
};
