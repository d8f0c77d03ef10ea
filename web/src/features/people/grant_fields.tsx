import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { projects } from "../../lib/me";
import { roleTable } from "../../lib/roles";
import { peopleWords } from "../../lib/people_words";
import type { Grant, Me, Role } from "../../lib/types";
import { SelectField } from "../../ui/form";

const words = peopleWords.people;
const EVERYWHERE = "";

/** Which role, and where: those that one may give. */
export function GrantFields({ me }: { me: Me }): ReactElement {
  const { data: table } = useQuery(roleTable);
  const { data: all = [] } = useQuery(projects);
  const [role, setRole] = useState<Role>("operator");
  const roles = table?.roles.filter((role) => role.rights.every((right) => me.rights.includes(right))) ?? [];
  const places = all.filter((project) => project.org_id === me.org?.id).map(({ id, name }) => ({ value: id, word: name }));
  const everywhere = me.org_rights.includes("users.manage") ? [{ value: EVERYWHERE, word: words.everywhere }] : [];
  return (
    <>
      <SelectField
        label={words.role}
        name="role"
        value={role}
        note={peopleWords.roles.meaning[role]}
        options={roles.map(({ name }) => ({ value: name, word: peopleWords.roles.name[name] }))}
        onChange={(event) => {
          setRole(event.target.value as Role);
        }}
      />
      <SelectField label={words.place} name="project" options={[...everywhere, ...places]} />
    </>
  );
}

/** What the fields hold. */
export function grantOf({ role, project = EVERYWHERE }: Record<string, string>): Grant {
  return { role: role as Role, project_id: project === EVERYWHERE ? null : project };
}
