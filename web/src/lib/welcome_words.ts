// The words of who comes by a link, in the language of who looks at it: loaded by the page that says them.
import { languageCode } from "./preferences";
import { welcomeWords as en } from "./text/welcome_en";

export const welcomeWords: typeof en = languageCode() === "ru" ? (await import("./text/welcome_ru")).welcomeWords : en;
