// What the room for operations says, in English.
import { language } from "./language";

const { number } = language("en");

export const operations = {
  title: "Flow of events",
  fine: "Everything that was received has been applied and shown, or is about to be.",
  reasons: "What is not as it should be",
  status: { ok: "All well", degraded: "Degraded", down: "Down" },
  spool: { name: "Spool", note: "kept beside a store that is away" },
  pending: { name: "Waiting", note: "events in the inbox" },
  oldest: { name: "Longest wait", note: "of those events" },
  dead: { name: "Dead letters", note: "to be looked at" },
  counted: (ago: string) => `counted ${ago} ago`,
  lag: { name: "Received to applied", note: "of the latest events" },
  seq: { name: "Feed", note: "number of the last event" },
  publish: { name: "Applied to shown", note: "of the latest events" },
  clients: { name: "Watching", note: "open streams" },
  jobs: {
    title: "Jobs",
    names: {
      reconcile_hot: { name: "Live calls", does: "asks the provider about calls that have not ended" },
      reconcile_warm: { name: "Calls of the last hours", does: "looks for late prices, durations and recordings" },
      reconcile_cold: { name: "The last day", does: "holds every call of the day against the provider, at night" },
      sync_recent: { name: "The last hour", does: "holds every call of it against the provider" },
      sync_today: { name: "Three days", does: "holds every call of them against the provider, for emergencies" },
      freeze: { name: "Freeze", does: "leaves calls alone that ended a day ago" },
      rebuild: { name: "Recount", does: "counts the calls of each conversation anew" },
      retention: { name: "Retention", does: "deletes what is kept no longer" },
      housekeeping: { name: "Housekeeping", does: "throws away sessions, links and runs that are long over" },
    } as Record<string, { name: string; does: string }>,
    state: { waiting: "Waits for its turn", running: "Running", succeeded: "Done", failed: "Failed", never: "Not run yet", off: "Switched off" },
    counts: {
      checked: (n: number) => `${number(n)} checked`,
      synced: (n: number) => `${number(n)} mended`,
      frozen: (n: number) => `${number(n)} frozen`,
      recounted: (n: number) => `${number(n)} corrected`,
      deleted: (n: number) => `${number(n)} deleted`,
    } as Record<string, (n: number) => string>,
    ended: "ended",
    next: "next",
    onRequest: "only when asked for",
    askedBy: (who: string) => `asked for by ${who}`,
    run: "Run now",
    runLabel: (name: string) => `Run now: ${name}`,
    progress: "How far it is",
    done: (n: number) => `${number(n)} so far`,
    doneOf: (n: number, total: number) => `${number(n)} of ${number(total)}`,
    failures: (n: number) => `${number(n)} times in a row`,
  },
  drift: {
    title: "Drift",
    none: "Nothing was missing",
    noneBody: (days: number) => `In the last ${number(days)} days the provider knew nothing of calls that we had not known already.`,
    day: "Day (UTC)",
    kinds: { call: "Calls", status: "Status", duration: "Duration", price: "Price", recording: "Recordings", time: "Times", parties: "Parties" } as Record<string, string>,
  },
};
