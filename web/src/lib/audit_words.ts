// What the words of the audit log are: the same in each language.

/** What the log says of an account with a second secret, while the first is being replaced. */
export const TWO_SECRETS = "connected with two secrets";

/** Of whom or what it was, and how that was before and after. */
export type Done = { whom: string; before: string | null; after: string | null };

export type AuditWords = {
  [name in "title" | "none" | "noneBody" | "older" | "action" | "anyAction" | "anyEntity" | "where" | "anywhere" | "actor" | "actorHint" | "details" | "from" | "system" | "console" | "stranger" | "entity" | "trace" | "address"]: string;
} & {
  somebody: (id: string) => string;
  /** What an entry may be about, by the kind. */
  entities: Record<string, string>;
  /** What is taken away as a table, by the kind. */
  tables: Record<string, string>;
  /** The names of the actions, short. */
  kinds: Record<string, string>;
  /** By the name of the action; one that is not here stands for itself. */
  did: Record<string, (done: Done) => string>;
};
