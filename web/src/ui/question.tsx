import { Button, Group } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../lib/text";
import { Dialog } from "./dialog";
import classes from "./question.module.css";

type QuestionProps = { title: string; body: string; yes: string; onYes: () => void; onNo: () => void };

/** Asks before something is done; Escape and a click outside mean no. */
export function Question({ title, body, yes, onYes, onNo }: QuestionProps): ReactElement {
  return (
    <Dialog title={title} onClose={onNo}>
      <p className={classes.body}>{body}</p>
      <Group justify="flex-end" className={classes.answers}>
        <Button variant="default" onClick={onNo}>
          {text.inbox.cancel}
        </Button>
        <Button data-autofocus onClick={onYes}>
          {yes}
        </Button>
      </Group>
    </Dialog>
  );
}
