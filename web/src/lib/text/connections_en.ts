// The words about a project's accounts at providers, its settings, and whether they work, in English.
import type { FindingWords } from "../finding_words";

const check: FindingWords = {
  state: { good: "Good", unknown: "Not known", warn: "To look at", bad: "To mend" },
  of: {
    address_ok: { title: ({ found }) => `This server answers at ${found}.` },
    address_not_https: {
      title: ({ found }) => `${found} is not an https address.`,
      fix: () => "Twilio's webhooks carry personal data. Put a proxy with TLS in front of this server, set WEBHOOK_BASE_URL to its https address, and restart.",
    },
    address_private: {
      title: ({ found }) => `Nothing on the internet can reach ${found}.`,
      fix: () => "Set WEBHOOK_BASE_URL to the https address under which the internet reaches this server, and restart it.",
    },
    address_unreachable: {
      title: ({ found }) => `This server could not reach itself at ${found}.`,
      fix: () => "If Twilio's events come in, it is only the way from inside that is closed. If not, look at the name's DNS entry, the proxy, its certificate and the firewall.",
    },
    address_elsewhere: {
      title: ({ found }) => `Something else answers at ${found}.`,
      fix: () => "The name, or the proxy behind it, leads to another server. Mend that, or set WEBHOOK_BASE_URL to the right address and restart.",
    },
    no_account: { title: () => "No Twilio account is connected, so every webhook is refused.", fix: () => "Connect one: its SID and auth token stand in the Twilio Console under Account info." },
    account_ok: { title: ({ account }) => `Twilio knows ${account}, and its auth token is right.` },
    account_refused: {
      title: ({ account, found }) => `Twilio refuses the auth token of ${account} (${found}).`,
      fix: () => "Copy the primary auth token from the Twilio Console, Account info, and give it to the account here. A sub-account has a token of its own.",
    },
    account_inactive: {
      title: ({ account, found }) => `The account ${account} is ${found} at Twilio.`,
      fix: () => "Have it activated in the Twilio Console; its calls do not work either.",
    },
    account_unknown: {
      title: ({ account, found }) => `${account} could not be asked: ${found}.`,
      fix: () => "Check again in a moment. If it stays so, see whether this server may reach https://api.twilio.com.",
    },
    no_numbers: { title: () => "The project names no numbers of its own.", fix: () => "Name them in the project's settings: they tell incoming calls from outgoing ones." },
    number_ok: { title: ({ number }) => `Calls to ${number} are told to this server, from ringing to their end.` },
    number_missing: {
      title: ({ number }) => `No connected account has the number ${number}.`,
      fix: () => "Connect the account that owns it, or take it out of the project's numbers.",
    },
    number_elsewhere: {
      title: ({ number, found }) => (found === "" ? `Calls to ${number} lead nowhere.` : `Calls to ${number} go to ${found}.`),
      fix: () => "Console → Phone Numbers → Active numbers → the number → A call comes in: Webhook, HTTP POST, with this address:",
    },
    number_method: {
      title: ({ number, found }) => `Calls to ${number} are told by ${found}.`,
      fix: () => "Console → the number → A call comes in: choose HTTP POST.",
    },
    number_application: {
      title: ({ number, found }) => `Calls to ${number} go to the TwiML app ${found}; the number's own address does not count.`,
      fix: () => "Console → the number → Configure with: Webhook instead of TwiML App. Or Console → Voice → TwiML apps → the app: give it this address as its voice request URL, HTTP POST:",
    },
    number_trunk: {
      title: ({ number, found }) => `Calls to ${number} go to the SIP trunk ${found}; its webhooks are not called.`,
      fix: () => "Console → the number → Configure with: Webhook instead of SIP Trunk, with this address:",
    },
    number_status: {
      title: ({ number, found }) => (found === "" ? `The end of calls to ${number} is not told.` : `The end of calls to ${number} is told to ${found}.`),
      fix: () => "A caller who hangs up before anybody answers is shown as ringing for longer than it rang. Console → the number → Call status changes, HTTP POST:",
    },
    number_status_method: {
      title: ({ number, found }) => `The end of calls to ${number} is told by ${found}.`,
      fix: () => "Console → the number → Call status changes: choose HTTP POST.",
    },
    number_unlisted: {
      title: ({ number }) => `${number} leads here, but is not among the project's numbers.`,
      fix: () => "Add it in the project's settings: its calls would be taken for external ones.",
    },
    events_arrive: { title: () => "Signed events come in." },
    events_none: { title: () => "No event has come in yet.", fix: () => "Call your number: the first event shows that the whole way works." },
    events_refused: { title: () => "The latest event was refused." },
  },
};

export const connections = {
  accounts: "Accounts",
  none: "No account is connected",
  noneBody: "Hookswitch believes no webhook that is not signed with the token of an account that it knows.",
  connect: "Connect an account",
  connectTitle: "Connect a Twilio account",
  connectSubmit: "Connect",
  account: "Account SID",
  accountNote: "Twilio Console → Account info. It begins with AC.",
  secret: "Auth token",
  secretNote: "The primary one. It is kept sealed and shown to nobody, neither here nor over the API.",
  secondary: "Other auth token, while you rotate",
  secondaryNote: "Webhooks signed with either are accepted. Left empty, only the first is.",
  change: "Change",
  changeLabel: (account: string) => `Change the tokens of ${account}`,
  changeTitle: (account: string) => `Other tokens for ${account}`,
  changeSubmit: "Save",
  remove: "Disconnect",
  removeLabel: (account: string) => `Disconnect ${account}`,
  removeTitle: "Disconnect the account?",
  removeBody: (account: string) => `Webhooks of ${account} are refused from then on, and Twilio's calls to its numbers fail. What was received stays.`,
  twilio: "Twilio",
  configured: "from the configuration",
  configuredNote: "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; what is connected here counts before it",
  two: "two tokens",
  connected: "since",
  changed: "tokens changed",
  works: "Connected",

  checkTitle: "Do events come in?",
  checkNote: "Asks this server's public address, and Twilio for each account and number. It changes nothing.",
  checkNow: "Check now",
  checkAgain: "Check again",
  checking: "Asking Twilio…",
  checked: "Checked",
  expected: "Address",
  openSettings: "Project settings",
  check,

  project: {
    title: "Project",
    name: "Name",
    numbers: "Your own numbers",
    numbersNote: "In E.164 form, apart by commas: +16175006181, +12125550123. The first is shown to those who are called from SIP phones.",
    region: "Region",
    regionNote: "Two letters, as in US: of numbers that are written without a country code.",
    sip: "Where calls from outside go",
    sipNote: "They ring at this SIP user. Without one they are rejected.",
    sipUser: "SIP user",
    sipDomain: "SIP domain",
    zone: "Time zone",
    zoneNote: "Nightly work of this project is done by its clocks. What you see follows your own zone.",
    preset: (value: string) => `Empty: as configured, ${value}.`,
    save: "Save",
    saved: "Saved. Every node follows within a second or two.",
  },
};
