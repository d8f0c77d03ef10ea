// The words about people, their keys and what they did, in the language of who looks at it: loaded by the pages that say them.
import { languageCode } from "./preferences";
import { peopleWords as en } from "./text/people_en";

export const peopleWords: typeof en = languageCode() === "ru" ? (await import("./text/people_ru")).peopleWords : en;
