import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../lib/text";
import classes from "./shell.module.css";

/** Where to find the link that signs in. */
export function SignedOut(): ReactElement {
  const reload = (): void => {
    window.location.reload();
  };
  return (
    <main className={classes.alone}>
      <img src="/app/icon.svg" alt="" width="44" height="44" />
      <h1>{text.signedOut.title}</h1>
      <p>{text.signedOut.body}</p>
      <p>{text.signedOut.where}</p>
      <code>{text.signedOut.example(window.location.origin)}</code>
      <p>{text.signedOut.used}</p>
      <code>{text.signedOut.command}</code>
      <Button variant="default" onClick={reload}>
        {text.signedOut.retry}
      </Button>
    </main>
  );
}
