import type { ReactElement } from "react";
import { text } from "../lib/text";
import { Door } from "./door";
import classes from "./door.module.css";
import { SignOut } from "./sign_out";

const words = text.door.outside;

/** Who is signed in, but has no role by which the page is used. */
export function NoInterface({ hasProject }: { hasProject: boolean }): ReactElement {
  return (
    <Door title={hasProject ? words.api : words.none} body={hasProject ? words.apiBody : words.noneBody}>
      <SignOut />
    </Door>
  );
}

/** The address names a project that one may not see. */
export function NoSuchProject(): ReactElement {
  return (
    <Door title={words.foreign} body={words.foreignBody}>
      <p className={classes.ways}>
        <a href="/app/">{words.toMine}</a>
      </p>
    </Door>
  );
}
