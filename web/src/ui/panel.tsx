import { Drawer } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { text } from "../lib/text";
import { useLayer } from "./layer";
import { AsOf } from "./stale";
import classes from "./panel.module.css";

type PanelProps = {
  title: string;
  onClose: () => void;
  /** Says below its head when what it shows is old. */
  asOf?: boolean;
  /** What it shows has room at its sides itself, as records do. */
  flush?: boolean;
  children: ReactNode;
};

/** Details beside the list; Escape, the cross and a click outside close it. */
export function Panel({ title, onClose, asOf = false, flush = false, children }: PanelProps): ReactElement {
  const close = useLayer(onClose);
  return (
    <Drawer.Root
      opened
      onClose={close}
      position="right"
      size={520}
      classNames={{ content: classes.content, body: flush ? classes.flush : classes.body }}
      transitionProps={{ duration: 150 }}
    >
      <Drawer.Overlay backgroundOpacity={0.3} />
      <Drawer.Content>
        <div className={classes.header}>
          <Drawer.Title className={classes.title}>{title}</Drawer.Title>
          <Drawer.CloseButton aria-label={text.call.close} />
          {asOf && <AsOf onLine />}
        </div>
        <Drawer.Body>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
