// A wall clock of a server's own, by libfaketime; what is monotonic stays as it is.
import { execFileSync } from "node:child_process";

/** Where Debian keeps it. */
function library(): string {
  const files = execFileSync("dpkg", ["-L", "libfaketime"], { encoding: "utf8" }).split("\n");
  const found = files.find((file) => file.endsWith("libfaketimeMT.so.1"));
  if (found === undefined) throw new Error("libfaketime has no library");
  return found;
}

/** For a server whose clock differs: by `offset` ("+3600s"), or by what stands in a file. */
export function wrongClock(what: { offset: string } | { file: string }): Record<string, string> {
  return {
    LD_PRELOAD: library(),
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    FAKETIME_FORCE_MONOTONIC_FIX: "0", // it would make every wait end at once
    ...("offset" in what ? { FAKETIME: what.offset } : { FAKETIME_TIMESTAMP_FILE: what.file, FAKETIME_NO_CACHE: "1" }),
  };
}
