import { useQuery } from "@tanstack/react-query";
import type { ChangeEvent, ReactElement } from "react";
import { goToProject } from "../lib/go_to_project";
import { placeNow } from "../lib/location";
import { projects } from "../lib/me";
import { projectId } from "../lib/project";
import { text } from "../lib/text";
import type { Project } from "../lib/types";
import classes from "./header.module.css";

/** The view stays, what was open in it does not: it belongs to the other project. */
export function switchTo(project: string): void {
  const { view } = placeNow();
  void goToProject(project, view === "call" ? null : view);
}

/** Those of each organisation, in the order in which they come. */
function byOrg(all: readonly Project[]): [string, Project[]][] {
  const orgs = new Map<string, Project[]>();
  for (const project of all) orgs.set(project.org_name, [...(orgs.get(project.org_name) ?? []), project]);
  return [...orgs];
}

/** The name of the project; where there are several, a choice of them. */
export function ProjectSwitch({ name }: { name: string }): ReactElement {
  const { data: all = [] } = useQuery(projects);
  if (all.length < 2) return <span className={classes.project}>{name}</span>;
  const choose = (event: ChangeEvent<HTMLSelectElement>): void => {
    switchTo(event.target.value);
  };
  const options = (some: readonly Project[]): ReactElement[] =>
    some.map((project) => (
      <option key={project.id} value={project.id}>
        {project.name}
      </option>
    ));
  const orgs = byOrg(all);
  return (
    <select className={classes.switch} aria-label={text.projects.label} value={projectId() ?? ""} onChange={choose}>
      {orgs.length === 1
        ? options(all)
        : orgs.map(([org, some]) => (
            <optgroup key={org} label={org}>
              {options(some)}
            </optgroup>
          ))}
    </select>
  );
}
