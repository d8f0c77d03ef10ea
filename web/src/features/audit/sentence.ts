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

/** Which list was taken away, and by what it was narrowed: `status=busy`, as the API has it. */
function tableIn(kind: string, filter: unknown): string {
  const narrowed = Object.entries((filter ?? {}) as Record<string, unknown>).map(([name, value]) => `${name}=${String(value)}`);
  return [peopleWords.audit.tables[kind] ?? kind, ...narrowed].join(", ");
}

function whomOf({ entity, details }: AuditEntry): string {
  if (entity.name !== null) return entity.name;
  if (entity.type === "user") return peopleWords.audit.somebody(entity.id);
  return entity.type === "export" ? tableIn(entity.id, details["filter"]) : entity.id;
}

/** An action that has no words stands for itself. */
export function sentenceOf(entry: AuditEntry): string {
  const { action, details } = entry;
  const { before, after } = details as { before?: unknown; after?: unknown };
  const whom = whomOf(entry);
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
