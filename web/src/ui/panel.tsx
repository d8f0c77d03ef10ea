import { Drawer } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { text } from "../lib/text";
import classes from "./panel.module.css";

type PanelProps = { title: string; onClose: () => void; children: ReactNode };

/** Details beside the list; Escape, the cross and a click outside close it. */
export function Panel({ title, onClose, children }: PanelProps): ReactElement {
  return (
    <Drawer
      opened
      onClose={onClose}
      title={title}
      position="right"
      size={520}
      closeButtonProps={{ "aria-label": text.call.close }}
      classNames={{ content: classes.content, header: classes.header, title: classes.title, body: classes.body }}
      overlayProps={{ backgroundOpacity: 0.3 }}
      transitionProps={{ duration: 150 }}
    >
      {children}
    </Drawer>
  );
}
