import { Button } from "@mantine/core";
import { useState } from "react";
import type { ReactElement } from "react";
import { masked, plain } from "../lib/mask";
import { text } from "../lib/text";
import { Facts } from "./facts";
import classes from "./payload.module.css";

type PayloadProps = { payload: Record<string, unknown> };

/** What was sent, name by name; personal data only when it is asked for. */
export function Payload({ payload }: PayloadProps): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const facts = Object.entries(payload).map(([name, value]) => ({ name, value: isOpen ? plain(value) : masked(name, value) }));
  const toggle = (): void => {
    setOpen(!isOpen);
  };
  return (
    <div className={classes.payload} translate="no">
      <Facts facts={facts} />
      <Button variant="default" size="compact-xs" onClick={toggle} aria-pressed={isOpen}>
        {isOpen ? text.payload.hide : text.payload.show}
      </Button>
    </div>
  );
}
