import type { ReactElement, ReactNode } from "react";
import classes from "./door.module.css";

/** What stands before the page: signing in, taking up an invitation, and why one may not come in. */
export function Door({ title, body, children }: { title: string; body: string; children?: ReactNode }): ReactElement {
  return (
    <main className={classes.door}>
      <img src="/app/icon.svg" alt="" width="40" height="40" />
      <h1>{title}</h1>
      <p>{body}</p>
      {children}
    </main>
  );
}
