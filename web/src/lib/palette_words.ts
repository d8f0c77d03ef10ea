// The words of the palette and of the sheet of keys, loaded with them.
import { languageCode } from "./preferences";
import { palette as en } from "./text/palette_en";

export const palette: typeof en = languageCode() === "ru" ? (await import("./text/palette_ru")).palette : en;
