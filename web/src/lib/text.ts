// Every word the interface says, in one place, so that another language is another such object.
import type { CallStatus, Direction, ProcessingStatus } from "./types";
import type { Connection } from "./feed_state";

function plural(n: number, one: string, many: string): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

export const text = {
  locale: "en",
  product: "Hookswitch",

  nav: { label: "Views", live: "Live", inbox: "Inbox" },
  account: {
    signOut: "Sign out",
    toLight: "Switch to light colours",
    toDark: "Switch to dark colours",
  },

  signedOut: {
    title: "You are signed out",
    body: "Hookswitch prints a one-time link when it starts. Open that link in this browser to sign in.",
    where: "It is in the server's output, and looks like this:",
    example: (origin: string) => `${origin}/login?token=…`,
    used: "A link works once. To get a new one, run this where the server runs:",
    command: "hookswitch login-link",
    retry: "I have opened the link",
  },

  connection: {
    name: {
      starting: "Connecting",
      live: "Live",
      "catching-up": "Catching up",
      polling: "Polling",
      offline: "Offline",
    } satisfies Record<Connection, string>,
    explain: {
      starting: "Loading what is going on now.",
      live: "Every event arrives as it happens, and none is missing.",
      "catching-up": "The stream was interrupted. What was missed is being loaded.",
      polling: "There is no stream; new events are asked for every two seconds. None is missing.",
      offline: "The server cannot be reached. What you see is the last known state.",
    } satisfies Record<Connection, string>,
    seq: (seq: number) => `Event ${seq.toLocaleString("en")}`,
    heard: (ago: string) => `heard ${ago}`,
    neverHeard: "not heard yet",
  },

  ago: {
    now: "just now",
    seconds: (n: number) => `${n} s ago`,
    minutes: (n: number) => `${n} min ago`,
    hours: (n: number) => `${n} h ago`,
  },

  party: { unknown: "Unknown", to: "to" },
  direction: {
    inbound: "Inbound",
    outbound: "Outbound",
    internal: "Internal",
    external: "External",
  } satisfies Record<Direction, string>,
  status: {
    queued: "Queued",
    initiated: "Starting",
    ringing: "Ringing",
    "in-progress": "Talking",
    completed: "Answered",
    busy: "Busy",
    "no-answer": "No answer",
    canceled: "Hung up before answer",
    failed: "Failed",
  } satisfies Record<CallStatus, string>,

  calls: {
    active: "Active calls",
    count: (n: number) => plural(n, "call", "calls"),
    none: "No calls right now",
    noneBody: "A call appears here the moment it starts. Nothing to reload.",
    transferred: (n: number) => plural(n, "leg", "legs"),
    ended: "Ended",
    waited: (time: string) => `waited ${time}`,
  },

  setup: {
    title: "Point your Twilio number here",
    body: "In the Twilio Console open Phone Numbers → Manage → Active numbers → your number, and paste these under Voice Configuration:",
    voice: "A call comes in: Webhook, HTTP POST",
    status: "Call status changes: HTTP POST",
    recording: "Recording status callback (where you record)",
    then: "Then call the number. The first call appears here by itself.",
    copy: "Copy",
    copied: "Copied",
    copyLabel: (what: string) => `Copy the address for: ${what}`,
  },

  conversations: {
    title: "Recent conversations",
    none: "No conversations yet",
    noneBody: "All calls with one outside number form a conversation. The first call starts the first one.",
    pages: "Pages of conversations",
    callPages: "Pages of calls",
    previous: "Newer",
    next: "Older",
    range: (first: number, last: number, total: number) =>
      `${first.toLocaleString("en")}–${last.toLocaleString("en")} of ${total.toLocaleString("en")}`,
    noCalls: "No calls",
    detail: "Conversation",
    calls: "Calls",
  },

  call: {
    title: "Call",
    log: "Event log",
    logNote: "Everything that was told about this call, in the order in which it was applied.",
    legs: "Legs of this call",
    from: "From",
    to: "To",
    started: "Started",
    answered: "Answered",
    ended: "Ended",
    talk: "Talk time",
    wait: "Wait time",
    total: "Total time",
    price: "Price",
    listen: "Open recording",
    sid: "Call SID",
    providerStatus: "Provider's status",
    filtered: "Visibility",
    filteredWhy: "Hidden from lists by a filter",
    notApplied: "Came too late, changed nothing",
    asOf: "Show the call as it was after this event",
    asOfNote: (time: string) => `As it was after the event of ${time}.`,
    asOfNow: "Show it as it is now",
    eventType: {
      "call.started": "Call started",
      "call.state_changed": "Status",
      "call.ended": "Call ended",
      "recording.ready": "Recording ready",
    },
    source: {
      webhook: "webhook",
      reconcile_hot: "reconcile, active calls",
      reconcile_warm: "reconcile, recent calls",
      reconcile_cold: "reconcile, all calls",
      inferred: "inferred",
    },
    close: "Close",
  },

  inbox: {
    title: "Inbox",
    filter: "Show",
    all: "All",
    deadLetters: "Dead letters",
    none: "Nothing here",
    noneBody: "No received webhook matches this filter.",
    noneYetBody: "Webhooks appear here as soon as the provider sends the first one.",
    received: "Received",
    callColumn: "Call",
    reason: "Reason",
    attempts: (n: number) => plural(n, "attempt", "attempts"),
    pages: "Pages of the inbox",
    eventType: {
      "call-inbound": "Incoming call",
      "call-status": "Call status",
      "recording-complete": "Recording complete",
      "dial-action": "Dial result",
    } as Record<string, string>,
    processing: {
      pending: "Waiting",
      processing: "Processing",
      completed: "Done",
      failed: "Will be retried",
      dead_letter: "Dead letter",
    } satisfies Record<ProcessingStatus, string>,
    replay: "Replay",
    replayed: "Queued again",
    replayLabel: (id: string) => `Replay event ${id}`,
    replayAll: (n: number) => `Replay all ${n.toLocaleString("en")}`,
    replayAllTitle: "Replay all dead letters?",
    replayAllBody: (n: number) =>
      `${plural(n, "event goes", "events go")} back into the queue with fresh attempts. What was already applied is not applied twice.`,
    replayAllDo: "Replay them",
    cancel: "Cancel",
    progress: (done: number, total: number) => `Replayed ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`,
    progressDone: (total: number, failed: number) =>
      failed === 0
        ? `All ${total.toLocaleString("en")} went through.`
        : `${(total - failed).toLocaleString("en")} went through, ${plural(failed, "is a dead letter", "are dead letters")} again.`,
    dismiss: "Dismiss",
    detail: "Received event",
    became: "What became of it",
    becameNothing: "Nothing was written to a call's log.",
    payload: "Payload",
    dedupe: "Deduplication key",
    processed: "Processed",
    nextAttempt: "Next attempt",
    tried: "Attempts",
  },

  failed: {
    title: "This could not be loaded",
    status: (status: number) => `The server answered ${status}.`,
    unreachable: "The server cannot be reached",
    unreachableFix: "Check that Hookswitch is running and that you are online.",
    trace: (id: string) => `Trace ${id}`,
    retry: "Try again",
  },
  loading: "Loading",
} as const;
