import { Button, CopyButton } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../lib/text";
import { Icon } from "./icon";
import classes from "./copy_line.module.css";

type CopyLineProps = { label: string; value: string; /** What is to be known of it. */ note?: string };

/** Something to paste elsewhere, what it is for, and a button that copies it. */
export function CopyLine({ label, value, note }: CopyLineProps): ReactElement {
  return (
    <div className={classes.line}>
      <span className={classes.label}>{label}</span>
      <code className={classes.value}>{value}</code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            size="xs"
            onClick={copy}
            leftSection={<Icon name={copied ? "check" : "copy"} size={14} />}
            aria-label={copied ? text.copy.copied : text.copy.label(label)}
          >
            {copied ? text.copy.copied : text.copy.copy}
          </Button>
        )}
      </CopyButton>
      {note !== undefined && <small className={classes.note}>{note}</small>}
    </div>
  );
}
