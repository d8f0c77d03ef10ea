import { Button } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { text } from "../lib/text";
import classes from "./floating.module.css";

/** In place of something over the page that could not be opened. */
export function Floating({ onClose, children }: { onClose: () => void; children: ReactNode }): ReactElement {
  return (
    <aside className={classes.floating}>
      {children}
      <Button className={classes.close} variant="subtle" size="xs" onClick={onClose}>
        {text.call.close}
      </Button>
    </aside>
  );
}
