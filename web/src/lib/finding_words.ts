// What is said of a finding of the check of connections: the same in each language.
import type { FindingCode, FindingState } from "./types";

/** What it is about; `base` is our address. Each is empty where there is none. */
export type FindingAbout = { account: string; number: string; found: string; base: string };

export type FindingWords = {
  state: Record<FindingState, string>;
  of: Record<FindingCode, { title: (about: FindingAbout) => string; fix?: (about: FindingAbout) => string }>;
};
