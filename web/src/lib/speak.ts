// The language of the page: for this browser, and kept with the account.
import { useSaveMe } from "./me";
import { AUTO, choose } from "./preferences";
import type { Preferences } from "./preferences";
import { text } from "./text";

type Language = { value: Preferences["language"]; word: string; lang?: string };

/** Each by its own name. */
export const LANGUAGES: readonly Language[] = [
  { value: AUTO, word: text.settings.auto },
  { value: "en", word: "English", lang: "en" },
  { value: "ru", word: "Русский", lang: "ru" },
];

export function useSpeak(): (value: Preferences["language"]) => Promise<void> {
  const { mutateAsync } = useSaveMe();
  return async (value) => {
    choose("language", value);
    // Without the account's word the choice would be undone by the next page; the words are loaded once.
    await mutateAsync({ language: value }).catch(() => undefined);
    window.location.reload();
  };
}
