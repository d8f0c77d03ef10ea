import { Modal } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { text } from "../lib/text";
import classes from "./dialog.module.css";
import { useLayer } from "./layer";

type DialogProps = { title: string; untitled?: boolean; size?: string; onClose: () => void; children: ReactNode };

/** What had the focus when a dialog was opened, and before, when that was in a dialog that has gone since. */
const openersOf = new WeakMap<Element, readonly Element[]>();

function openersNow(): readonly Element[] {
  const opener = document.activeElement;
  if (opener === null) return [];
  const below = opener.closest('[role="dialog"]');
  return [opener, ...((below && openersOf.get(below)) ?? [])];
}

/** What had the focus when it was opened has it again when it is closed, unless somebody has taken it elsewhere. */
function useFocusReturn(): (dialog: Element | null) => void {
  const [openers] = useState(openersNow);
  useEffect(
    () => () => {
      const opener = openers.find((each) => each.isConnected);
      if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus();
    },
    [openers],
  );
  return useCallback(
    (dialog) => {
      if (dialog !== null) openersOf.set(dialog, openers);
    },
    [openers],
  );
}

/** Something over the page that has the keys until it is closed; `untitled`, its title is only heard. */
export function Dialog({ title, untitled = false, size = "28rem", onClose, children }: DialogProps): ReactElement {
  const content = useFocusReturn();
  const close = useLayer(onClose);
  return (
    <Modal.Root
      opened
      onClose={close}
      size={size}
      yOffset="12vh"
      padding={0}
      classNames={{ content: classes.dialog }}
      transitionProps={{ duration: 80 }}
    >
      <Modal.Overlay backgroundOpacity={0.3} />
      <Modal.Content ref={content} aria-label={title}>
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
