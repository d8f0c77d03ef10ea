import type { ReactElement } from "react";
import type { Me } from "../../lib/types";
import { Accounts } from "./accounts";
import { Check } from "./check";
import classes from "./page.module.css";

/** The project's accounts at providers, and whether what happens there is told here. */
export function ConnectionsView({ me }: { me: Me }): ReactElement {
  return (
    <div className={classes.view}>
      <Accounts />
      <Check me={me} />
    </div>
  );
}
