// The words of the palette, loaded with it.
import { languageCode } from "./preferences";
import { palette as en } from "./text/palette_en";

export const palette: typeof en = languageCode() === "ru" ? (await import("./text/palette_ru")).palette : en;
