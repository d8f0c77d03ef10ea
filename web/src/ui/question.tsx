import { Button, Group, Modal } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../lib/text";
import classes from "./question.module.css";

type QuestionProps = { title: string; body: string; yes: string; onYes: () => void; onNo: () => void };

/** Asks before something is done; Escape and a click outside mean no. */
export function Question({ title, body, yes, onYes, onNo }: QuestionProps): ReactElement {
  return (
    <Modal opened onClose={onNo} centered withCloseButton={false} aria-label={title} overlayProps={{ backgroundOpacity: 0.3 }}>
      <h2 className={classes.title}>{title}</h2>
      <p className={classes.body}>{body}</p>
      <Group justify="flex-end">
        <Button variant="default" onClick={onNo}>
          {text.inbox.cancel}
        </Button>
        <Button data-autofocus onClick={onYes}>
          {yes}
        </Button>
      </Group>
    </Modal>
  );
}
