// What is said of a failure, whatever it is.
import { ApiError } from "./api";
import { text } from "./text";

/** As Chromium, Firefox, Safari and Vite say that a piece of the page did not come. */
const PIECE = /dynamically imported module|importing a module script failed|unable to preload css/i;

/** A failure with words for people: that of the API has its own. */
export function faultOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const said = String(error);
  if (PIECE.test(said)) return new ApiError(0, text.failed.piece, [text.failed.pieceFix], null);
  return new ApiError(0, text.failed.broken, [text.failed.brokenFix(said)], null);
}
