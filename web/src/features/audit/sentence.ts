// An entry of the audit log as a sentence.
import { text } from "../../lib/text";
import type { AuditEntry } from "../../lib/types";

function word(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** An action that has no words stands for itself. */
export function sentenceOf({ action, entity, details }: AuditEntry): string {
  const { before, after } = details as { before?: unknown; after?: unknown };
  const whom = entity.name ?? (entity.type === "user" ? text.audit.somebody(entity.id) : entity.id);
  return text.audit.did[action]?.({ whom, before: word(before), after: word(after) }) ?? action;
}
