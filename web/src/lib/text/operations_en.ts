// What the room for operations says, in English.

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
    title: "Reconciliation",
    none: "Nothing is reconciled yet",
    noneBody: "What the provider never told is not looked for. Its jobs appear here once they run.",
    name: "Job",
    success: "Last success",
    failure: "Last failure",
    never: "never",
  },
};
