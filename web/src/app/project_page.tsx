import type { ReactElement } from "react";
import { ProjectView } from "../features/connections/project";
import { AnotherProject } from "../features/projects/another";
import { QuotasSection } from "../features/quotas/section";
import classes from "./settings_page.module.css";

/** The settings of the project, what it may use, and the way to another one. */
export function ProjectPage(): ReactElement {
  return (
    <div className={classes.sections}>
      <ProjectView />
      <QuotasSection />
      <AnotherProject />
    </div>
  );
}
