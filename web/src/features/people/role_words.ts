import { text } from "../../lib/text";
import type { UserRole } from "../../lib/types";

/** `Operator, Main office`: a role, and where it counts. */
export function roleWords({ role, project_name: place }: UserRole): string {
  return text.people.roleAt(text.roles.name[role], place ?? text.people.everywhere);
}
