// The words of the page, in the language of who looks at it.
import { languageCode } from "./preferences";
import { en } from "./text/en";
import type { Text } from "./text/en";

/** Only the catalogue that is spoken is loaded; another one needs the page anew. */
export const text: Text = languageCode() === "ru" ? (await import("./text/ru")).ru : en;
