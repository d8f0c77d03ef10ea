import { useEffect, useId, useState } from "react";
import type { ReactElement, ReactNode } from "react";
import classes from "./hover_card.module.css";

type HoverCardProps = {
  /** What is pointed at; it is to describe itself by the id, if there is one. */
  target: (describedBy: string | undefined) => ReactNode;
  children: ReactNode;
};

/**
 * A card below what is pointed at or has the focus, until Escape or until one leaves (WCAG 1.4.13). Mantine's
 * places itself anywhere, which costs a ninth of all that the page loads; this one only hangs below.
 */
export function HoverCard({ target, children }: HoverCardProps): ReactElement {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const open = (): void => {
    setOpen(true);
  };
  const close = (): void => {
    setOpen(false);
  };
  useEffect(() => {
    if (!isOpen) return;
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key === "Escape") setOpen(false);
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);
  return (
    <span role="presentation" className={classes.place} onPointerEnter={open} onPointerLeave={close} onFocus={open} onBlur={close}>
      {target(isOpen ? id : undefined)}
      {isOpen && (
        <span role="tooltip" id={id} className={classes.card}>
          <span>{children}</span>
        </span>
      )}
    </span>
  );
}
