/*
 * What a provider sent, as it may stand on a screen: clear is only what is known to tell of the call and of
 * nobody. Everything else is masked until somebody asks for it, so that a name that is new here hides too much
 * and never too little.
 */

/** Names that say nothing of a person, as both `PriceUnit` and `price_unit` are written. */
const SHOWN = new Set(
  [
    ["direction", "type", "eventtype", "apiversion", "callbacksource", "statuscallbackevent", "sequencenumber"],
    ["timestamp", "eventtimestamp", "starttime", "endtime", "recordingstarttime", "datecreated", "dateupdated", "queuetime"],
    ["price", "priceunit", "answeredby", "stirverstat"],
    ["channels", "source", "track", "recordingchannels", "recordingsource", "recordingtrack"],
  ].flat(),
);

/** What harmless values of these names look like: anybody may give a parameter a name that ends so. */
const SHOWN_AS: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/sid$/, /^[A-Z]{2}[0-9a-f]{32}$/],
  [/^((dial)?call|recording|transcription|conference|message|sms|stream)?status$/, /^[a-z][a-z_-]*$/],
  [/duration$/, /^\d{1,7}$/],
  [/^((dial)?sipresponse|(recording)?error)code$/, /^\d{1,6}$/],
  [/^(dialbridged|muted|hold|coaching|endconferenceonexit|startconferenceonenter)$/, /^(true|false)$/],
];

/** Who takes part: two digits of their number tell them apart. Two of a PIN would be two too many. */
const PARTY = /^(from|to|caller|called|forwardedfrom|(phone)?numbers?)$/;

/** A name as programs choose them; what is none may be anything, a number too. */
const WORD = /^[A-Za-z_][\w.-]{0,63}$/;
const NUMBER = /^\+?[\d\s().-]+$/;
const ADDRESS = /^(sips?|client):[^@;>\s]+(@[\w.-]+)?$/i;
const HIDDEN = "•••";
const DIGITS_OF_A_NUMBER = 7;
const DIGITS_SHOWN = 2;

/** As it stands in the tables above. */
function plainName(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

function isShown(name: string, value: string): boolean {
  const plain = plainName(name);
  return SHOWN.has(plain) || SHOWN_AS.some(([names, values]) => names.test(plain) && values.test(value));
}

/** `+15085140320` as `+•••••••••20`: enough to tell two apart. */
function maskNumber(number: string): string {
  let digits = number.replace(/\D/g, "").length;
  if (digits < DIGITS_OF_A_NUMBER) return HIDDEN;
  return number.replace(/\d/g, (digit) => (digits-- > DIGITS_SHOWN ? "•" : digit));
}

function maskText(name: string, value: string): string {
  if (value === "") return "";
  if (NUMBER.test(value)) return PARTY.test(plainName(name)) ? maskNumber(value) : HIDDEN;
  return ADDRESS.test(value) ? value.replace(ADDRESS, `$1:${HIDDEN}$2`) : HIDDEN;
}

/** What a text is made of, when it is JSON or a form of two names or more. */
function partsOf(value: string): object | null {
  if (/^\s*[[{]/.test(value)) {
    try {
      return JSON.parse(value) as object;
    } catch {
      return null;
    }
  }
  if (!value.split("&").every((part) => part.includes("="))) return null; // `SMITH&JONES` is a name
  const pairs = [...new URLSearchParams(value)];
  return pairs.length > 1 && pairs.every(([name]) => WORD.test(name)) ? Object.fromEntries(pairs) : null;
}

/** The same with its values masked, however deep they stand; those of a list go by the list's name. */
function maskTree(name: string, value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((item) => maskTree(name, item));
  if (typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [WORD.test(key) ? key : maskText(name, key), maskTree(key, item)]));
  const text = plain(value);
  if (isShown(name, text)) return value;
  const parts = partsOf(text);
  return parts === null ? maskText(name, text) : maskTree(name, parts);
}

/** A value as a line of text. */
export function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A value as it may be shown to everybody; `name` is what the provider calls it. */
export function masked(name: string, value: unknown): string {
  return plain(maskTree(name, value));
}
