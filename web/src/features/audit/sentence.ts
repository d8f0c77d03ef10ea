// An entry of the audit log as a sentence.
import { peopleWords } from "../../lib/people_words";
import { text } from "../../lib/text";
import type { AuditEntry } from "../../lib/types";

function word(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

type FlagName = keyof typeof text.operations.flags.names;

/** A flag as the log keeps it, `worker_percentage=50`, in the words of the room where it is switched. */
function flagWords(kept: string): string {
  const { names, value } = text.operations.flags;
  const [name = "", to = ""] = kept.split("=");
  return name in names ? `${names[name as FlagName].name}: ${value(to)}` : kept;
}

function flagsIn(kept: string | null): string | null {
  return kept?.split(" ").map(flagWords).join(", ") ?? null;
}

/** An action that has no words stands for itself. */
export function sentenceOf({ action, entity, details }: AuditEntry): string {
  const { before, after } = details as { before?: unknown; after?: unknown };
  const whom = entity.name ?? (entity.type === "user" ? peopleWords.audit.somebody(entity.id) : entity.id);
  const say = action === "flags.changed" ? flagsIn : (said: string | null): string | null => said;
  return peopleWords.audit.did[action]?.({ whom, before: say(word(before)), after: say(word(after)) }) ?? action;
}

/** Who acts at the console comes from no address; whom the server does not know yet comes from one. */
export function whoOf({ actor, address }: AuditEntry): string {
  const { console, stranger, system } = peopleWords.audit;
  if (actor.kind !== "system") return actor.name;
  if (actor.name === "console") return console;
  return address === null ? system : stranger;
}
