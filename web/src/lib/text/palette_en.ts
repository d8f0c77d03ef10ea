// What the palette says, in English.

export const palette = {
  searching: "Searching",
  failed: (why: string) => `Contacts could not be searched. ${why}`,
  sidFailed: (why: string) => `What there is of this SID could not be asked for. ${why}`,
  title: "Go to or do",
  placeholder: "A name, a number, a call SID, or an action",
  results: "Results",
  view: (name: string) => `Go to ${name}`,
  call: (sid: string) => `Open call ${sid}`,
  event: (sid: string) => `Open what was received of ${sid}`,
  search: (q: string) => `Search all calls for “${q}”`,
  contact: "conversation",
  webhook: "webhook",
  action: "action",
  nothing: "Nothing found.",
  unknownSid: "Nothing here has this SID. Calls are found by theirs; of a recording or a message, look for its call.",
};
