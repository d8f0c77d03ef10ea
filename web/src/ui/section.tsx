import type { ReactElement, ReactNode } from "react";
import { useId } from "react";
import classes from "./section.module.css";

type SectionProps = { title: string; aside?: ReactNode; children: ReactNode };

/** A titled card of the page. */
export function Section({ title, aside, children }: SectionProps): ReactElement {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id}>
      <header className={classes.header}>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className={classes.aside}>{aside}</div>}
      </header>
      {children}
    </section>
  );
}
