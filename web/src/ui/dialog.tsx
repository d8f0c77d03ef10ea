import { Modal } from "@mantine/core";
import { useEffect, useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { text } from "../lib/text";
import classes from "./dialog.module.css";

type DialogProps = { title: string; untitled?: boolean; size?: string; onClose: () => void; children: ReactNode };

/** What had the focus when it was opened has it again when it is closed, unless somebody has taken it elsewhere, or it is gone. */
function useFocusReturn(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus();
    },
    [opener],
  );
}

/** Something over the page that has the keys until it is closed; `untitled`, its title is only heard. */
export function Dialog({ title, untitled = false, size = "28rem", onClose, children }: DialogProps): ReactElement {
  useFocusReturn();
  return (
    <Modal.Root
      opened
      onClose={onClose}
      size={size}
      yOffset="12vh"
      padding={0}
      classNames={{ content: classes.dialog }}
      transitionProps={{ duration: 80 }}
    >
      <Modal.Overlay backgroundOpacity={0.3} />
      <Modal.Content aria-label={title}>
        {!untitled && (
          <div className={classes.header}>
            <h2>{title}</h2>
            <Modal.CloseButton aria-label={text.call.close} />
          </div>
        )}
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
