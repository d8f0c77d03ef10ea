// Every word the interface says, in English. The other languages say the same (their type is this one's).
import type { Connection } from "../feed_state";
import type { CallStatus, Direction, ProcessingStatus } from "../types";
import { call } from "./call_en";
import { language } from "./language";
import { operations } from "./operations_en";
import { settings } from "./settings_en";
import { shell } from "./shell_en";
import { start } from "./start_en";

const { number, counted } = language("en");

function span(seconds: number): string {
  const rest = counted(seconds % 60, { one: "second", other: "seconds" });
  return seconds < 60 ? rest : `${counted(Math.floor(seconds / 60), { one: "minute", other: "minutes" })} ${rest}`;
}

export const en = {
  locale: "en",
  number,
  product: "Hookswitch",

  nav: { label: "Views", live: "Live", calls: "Calls", inbox: "Inbox", operations: "Operations", settings: "Settings", start: "Get started", call: "Call" },
  account: {
    signOut: "Sign out",
    toLight: "Switch to light colours",
    toDark: "Switch to dark colours",
  },

  ...shell,

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
    seq: (seq: number) => `Event ${number(seq)}`,
    heard: (ago: string) => `heard ${ago}`,
    neverHeard: "not heard yet",
    lag: (seconds: string) => `lag ${seconds} s`,
    lagExplained: (seconds: string) => `The last event was here ${seconds} s after it was written.`,
  },
  stale: { asOf: (time: string) => `as of ${time}` },

  span: {
    seconds: (n: number) => `${n} s`,
    minutes: (n: number) => `${n} min`,
    hours: (n: number) => `${n} h`,
    days: (n: number) => `${n} d`,
  },
  ago: { now: "just now", since: (span: string) => `${span} ago` },

  today: "Today",
  yesterday: "Yesterday",
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
    count: (n: number) => counted(n, { one: "call", other: "calls" }),
    none: "No calls right now",
    noneBody: "A call appears here the moment it starts. Nothing to reload.",
    inAll: "in all",
    ringsAt: (names: string) => `rings at ${names}`,
    answeredBy: (names: string) => `answered by ${names}`,
    andMore: (name: string, n: number) => `${name} and ${number(n)} more`,
  },

  alert: {
    soundWaits: "Sound waits for a click or a key",
    incoming: (from: string) => `Call from ${from}`,
    to: (number: string) => `to ${number}`,
  },

  settings,

  start,

  copy: { copy: "Copy", copied: "Copied", label: (what: string) => `Copy: ${what}` },

  conversations: {
    title: "Recent conversations",
    all: "All calls",
    list: "Conversations",
    count: (n: number) => counted(n, { one: "conversation", other: "conversations" }),
    none: "No conversations yet",
    noneBody: "All calls with one outside number form a conversation. The first call starts the first one.",
    notFound: "Nothing matches",
    notFoundBody: "No conversation has such a contact and such a last call. Loosen the search or the filters.",
    choose: "Choose a conversation to see its calls.",
    back: "← All conversations",
    callPages: "Pages of calls",
    noCalls: "No calls",
    detail: "Conversation",
  },
  unread: {
    mark: "Unread:",
    count: (n: number, isCut: boolean) => `${number(n)}${isCut ? "+" : ""}`,
    title: (n: string) => `${n} unread`,
    readAll: "Mark all as read",
    none: "Nothing unread",
    noneBody: "A conversation is unread when it had a call since you last opened it, in this browser.",
  },
  pages: {
    previous: "Newer",
    next: "Older",
    range: (first: number, last: number, total: number) =>
      `${number(first)}–${number(last)} of ${number(total)}`,
  },
  list: { toTop: "↑ To the newest", more: "Show more" },
  filter: {
    search: "Name or number",
    direction: "Direction of the last call",
    status: "Outcome of the last call",
    anyDirection: "Any direction",
    anyOutcome: "Any outcome",
    missed: "Missed",
    recording: "Recording",
    unread: "Unread",
    from: "From",
    to: "to",
    clear: "Clear",
  },
  outcome: {
    missed: "Missed",
    answered: (talk: string) => `Answered, talked ${talk}`,
    answeredAfter: (wait: string, talk: string) => `Answered after ${wait}, talked ${talk}`,
    missedBecause: {
      "no-answer": "Missed: nobody answered",
      busy: "Missed: the line was busy",
      canceled: "Missed: the caller hung up before an answer",
      failed: "Missed: the call could not be connected",
    } as Partial<Record<CallStatus, string>>,
    unreached: {
      "no-answer": "Nobody answered",
      busy: "The line was busy",
      canceled: "Hung up before an answer",
      failed: "Could not be connected",
    } as Partial<Record<CallStatus, string>>,
    waiting: "waiting",
    talking: "talking",
  },

  csv: {
    export: "Export CSV",
    conversations: "conversations",
    calls: "calls",
    labelConversations: "All conversations that are listed, as a table",
    labelCalls: "All calls of this conversation, as a table",
    progress: (percent: number) => `Exporting ${percent}%`,
    cancel: "Cancel",
    contact: "Contact",
    number: "Number",
    lastCall: "Last call",
    time: "Time",
    direction: "Direction",
    outcome: "Outcome",
    wait: "Waited, seconds",
    talk: "Talked, seconds",
    recording: "Recording",
  },

  payload: { show: "Show personal data", hide: "Hide personal data" },

  call,

  recording: {
    title: "Recording",
    load: "Play the recording",
    loading: "Fetching the recording",
    play: "Play",
    pause: "Pause",
    position: "Position in the recording",
    at: (at: number, of: number) => `${span(at)} of ${span(of)}`,
    rate: (times: number) => `${number(times)}×`,
    speed: (times: number) => `Speed: ${number(times)} times`,
    download: "Download",
    caller: "Caller",
    callee: "Callee",
    elsewhere: "Open it at the provider",
    broken: "This browser cannot play the recording",
    brokenFix: "Open it at the provider, or try another browser.",
  },

  inbox: {
    title: "Inbox",
    filter: "Show",
    states: { all: "All", pending: "Waiting", failed: "Retrying", dead_letter: "Dead letters" },
    nothing: {
      all: { title: "Nothing here yet", body: "Webhooks appear here as soon as the provider sends the first one." },
      pending: { title: "Nothing waits", body: "Everything that was received has been tried." },
      failed: { title: "Nothing is being retried", body: "What fails for a while is tried again by itself, and stands here meanwhile." },
      dead_letter: { title: "No dead letters", body: "What cannot be processed stays here with its reason, until somebody replays it." },
    },
    mayNot: "You may look, but not replay: that takes the right events.replay.",
    received: "Received",
    callColumn: "Call",
    reason: "Reason",
    attempts: (n: number) => counted(n, { one: "attempt", other: "attempts" }),
    events: (n: number) => counted(n, { one: "event", other: "events" }),
    eventType: {
      "call-inbound": "Incoming call",
      "call-status": "Call status",
      "recording-complete": "Recording complete",
      "dial-action": "Dial result",
    } as Record<string, string>,
    reasons: {
      noObject: () => "payload: an object of the request's parameters expected",
      otherCallback: (name: string) => `event_type: "${name}" is none of Twilio's callbacks`,
      noCall: () => "CallSid: missing, so no call is meant",
      longCall: () => "CallSid: empty, or too long for one of Twilio's",
      otherProvider: (name: string) => `provider: "${name}" is not known here`,
    },
    otherReason: (kept: string) => kept,
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
    replayThese: "Replay these",
    replayTheseLabel: (reason: string) => `Replay these: ${reason}`,
    select: (id: string) => `Select event ${id}`,
    selectGroup: (n: number, reason: string) => `Select ${counted(n, { one: "event", other: "events" })} with the reason: ${reason}`,
    selection: "Selection",
    selected: (n: number) => `${number(n)} selected`,
    selectNone: "Select none",
    replaySelected: (n: number) => `Replay ${number(n)}`,
    replayPicked: (n: number) => `Replay what is selected: ${counted(n, { one: "event", other: "events" })}`,
    replaying: "Replay",
    results: "Results",
    outcome: {
      unsent: "Not sent",
      waiting: "Still waiting",
      done: "Done",
      retry: "Will be retried",
      dead: "Dead letter again",
      unchanged: "Nothing to replay",
      missing: "Not found",
    },
    stop: "Stop",
    stopNote: "Nothing is lost: what is not sent stays as it is.",
    stopped: (sent: number, unsent: number) => `Stopped: ${number(sent)} sent, ${number(unsent)} left as they were.`,
    goOn: "Go on with the rest",
    replayAll: (n: number) => (n === 1 ? "Replay all" : `Replay all ${number(n)}`),
    replayAllTitle: "Replay all dead letters?",
    replayTheseTitle: "Replay all with this reason?",
    replayAllBody: (n: number) =>
      `${counted(n, { one: "event goes", other: "events go" })} back into the queue with fresh attempts. What was already applied is not applied twice.`,
    replayAllDo: "Replay them",
    cancel: "Cancel",
    progress: (done: number, total: number) => `Replayed ${number(done)} of ${number(total)}`,
    progressDone: (total: number, failed: number) =>
      failed === 0
        ? `All ${number(total)} went through.`
        : `${number(total - failed)} went through, ${counted(failed, { one: "is a dead letter", other: "are dead letters" })} again.`,
    oldestNamed: (n: number) => `What became of which is shown of the oldest ${number(n)}.`,
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

  units: { ms: "ms", s: "s", min: "min", h: "h", kb: "KB", mb: "MB", gb: "GB" },
  operations,

  keys: {
    title: "Keys",
    off: "Keys of one character are switched off in the settings of this browser.",
    open: "Keys and commands",
    palette: "Search and commands",
    then: "then",
    list: [
      { keys: ["Ctrl K"], does: "Find a contact, a number, a call, or an action" },
      { keys: ["g", "l"], does: "Go to Live" },
      { keys: ["g", "c"], does: "Go to Calls" },
      { keys: ["g", "i"], does: "Go to Inbox" },
      { keys: ["g", "o"], does: "Go to Operations" },
      { keys: ["g", "s"], does: "Go to Settings" },
      { keys: ["g", "a"], does: "Go to My account" },
      { keys: ["/"], does: "Search the list" },
      { keys: ["j"], does: "Next row, card or line (also ↓)" },
      { keys: ["k"], does: "Previous row, card or line (also ↑)" },
      { keys: ["←"], does: "To the list on the left (→: on the right)" },
      { keys: ["Enter"], does: "Open what has the focus" },
      { keys: ["x"], does: "Select the row of the inbox (Shift-click: up to there)" },
      { keys: ["r"], does: "Replay what is selected, else the row" },
      { keys: ["Esc"], does: "Close what is open; of a call, back to now" },
      { keys: ["?"], does: "This sheet" },
    ],
  },

  failed: {
    title: "This could not be loaded",
    forbidden: "You may not see this",
    status: (status: number) => `The server answered ${status}.`,
    unreachable: "The server cannot be reached",
    unreachableFix: "Check that Hookswitch is running and that you are online.",
    unsure: "The answer was lost: it is not known whether this was done",
    unsureFix: "Look whether it was done before you do it again.",
    unanswered: "The server does not answer",
    unansweredFix: "Try again in a moment. If it stays like this, look at its health and its log.",
    piece: "A piece of this page could not be fetched",
    pieceFix: "Check that you are online, then try again: the page is loaded anew. After an update of Hookswitch that is needed once.",
    broken: "This page has a fault",
    brokenFix: (said: string) => `Try again: the page is loaded anew. If it stays like this, tell who runs Hookswitch: ${said}`,
    trace: (id: string) => `Trace ${id}`,
    retry: "Try again",
  },
  loading: "Loading",
};

export type Text = typeof en;
