import { peopleWords } from "../../lib/people_words";
import type { UserRole } from "../../lib/types";

/** `Operator, Main office`: a role, and where it counts. */
export function roleWords({ role, project_name: place }: UserRole): string {
  return peopleWords.people.roleAt(peopleWords.roles.name[role], place ?? peopleWords.people.everywhere);
}
