// The words about accounts, numbers and projects, in the language of who looks at it: loaded by the pages that say them.
import { languageCode } from "./preferences";
import { connections as en } from "./text/connections_en";

export const connectionWords: typeof en = languageCode() === "ru" ? (await import("./text/connections_ru")).connections : en;
