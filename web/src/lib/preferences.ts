// What somebody chose. It is kept in this browser; of language and zone the account has the last word (app/entered.tsx).
import { useCallback, useSyncExternalStore } from "react";

const PREFIX = "hookswitch-";
const CHANGED = "hookswitch:chosen";

export const languages = ["en", "ru"] as const;
export type LanguageCode = (typeof languages)[number];

/** The browser's own choice. */
export const AUTO = "auto";

export type Preferences = {
  language: typeof AUTO | LanguageCode;
  /** An IANA time zone, `Europe/Moscow`. */
  zone: string;
  /** A sound for each incoming call. */
  sound: "off" | "on";
  /** A notification of the browser for each incoming and each missed call. */
  notices: "off" | "on";
  /** Keys of one character: `j`, `g c`, `?`. */
  keys: "on" | "off";
};
type Name = keyof Preferences;

export function isLanguage(value: string | null): value is Preferences["language"] {
  return value !== null && RULES.language.allows(value);
}

/** What may be chosen; anything else that is stored counts as not chosen. */
type Rule<T extends string> = { default: T; allows: (value: string) => boolean };

function oneOf<T extends string>(...values: [T, ...T[]]): Rule<T> {
  return { default: values[0], allows: (value) => values.some((known) => known === value) };
}

/** Does the browser know the time zone? */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const RULES: { [N in Name]: Rule<Preferences[N]> } = {
  language: oneOf(AUTO, ...languages),
  zone: { default: AUTO, allows: (value) => value === AUTO || isZone(value) },
  sound: oneOf("off", "on"),
  notices: oneOf("off", "on"),
  keys: oneOf("on", "off"),
};

/** What was chosen while storage is switched off. */
const unstored = new Map<Name, string>();

function stored(name: Name): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is switched off
  }
}

/** What was chosen, or the default. */
export function chosen<N extends Name>(name: N): Preferences[N] {
  const value = unstored.get(name) ?? stored(name);
  const rule = RULES[name];
  return value !== null && rule.allows(value) ? (value as Preferences[N]) : rule.default;
}

/** Chooses for all pages of this browser. False: it lasts only as long as this page. */
export function choose<N extends Name>(name: N, value: Preferences[N]): boolean {
  let isKept = true;
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    unstored.set(name, value);
    isKept = false;
  }
  window.dispatchEvent(new Event(CHANGED));
  return isKept;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener(CHANGED, listener);
  window.addEventListener("storage", listener);
  return () => {
    window.removeEventListener(CHANGED, listener);
    window.removeEventListener("storage", listener);
  };
}

/** What is chosen now, here or in another page. */
export function useChosen<N extends Name>(name: N): Preferences[N] {
  return useSyncExternalStore(
    subscribe,
    useCallback(() => chosen(name), [name]),
  );
}

function known(tag: string): LanguageCode | undefined {
  return languages.find((code) => tag.toLowerCase().split("-")[0] === code);
}

/** The language that was chosen, else the first of the browser's that there is, else English. */
export function languageCode(): LanguageCode {
  const language = chosen("language");
  if (language !== AUTO) return language;
  const spoken = typeof navigator === "undefined" ? [] : navigator.languages;
  return spoken.map(known).find((code) => code !== undefined) ?? "en";
}
