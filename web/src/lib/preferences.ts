// What somebody chose for this browser. It is kept here, not by the server.

const PREFIX = "hookswitch-";

export const languages = ["en", "ru"] as const;
export type LanguageCode = (typeof languages)[number];

function stored(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is switched off
  }
}

function known(tag: string): LanguageCode | undefined {
  return languages.find((code) => tag.toLowerCase().split("-")[0] === code);
}

/** The language that was chosen, else the first of the browser's that there is, else English. */
function languageCode(): LanguageCode {
  const spoken = typeof navigator === "undefined" ? [] : navigator.languages;
  const chosen = known(stored("language") ?? "");
  return chosen ?? spoken.map(known).find((code) => code !== undefined) ?? "en";
}

export const preference = { language: languageCode };
