import type { ReactElement, ReactNode } from "react";
import { useId } from "react";
import { AsOf, Vouched } from "./stale";
import classes from "./section.module.css";

type SectionProps = {
  title: string;
  /** How many, beside the title. */
  count?: ReactNode;
  /** Says below its title when what it shows is old. */
  asOf?: boolean;
  aside?: ReactNode;
  /** Keeps to the height that it is given; what does not fit scrolls below the title. */
  scrolls?: boolean;
  children: ReactNode;
};

/** A titled card of the page. */
export function Section({ title, count, asOf = false, aside, scrolls = false, children }: SectionProps): ReactElement {
  const id = useId();
  return (
    <section className={classes.section} data-scrolls={scrolls || undefined} aria-labelledby={id}>
      <header className={classes.header}>
        <div className={classes.title}>
          <h2 id={id}>{title}</h2>
          {asOf && <AsOf />}
        </div>
        {count !== undefined && (
          <span className={classes.count} aria-live="polite">
            {asOf ? <Vouched>{count}</Vouched> : count}
          </span>
        )}
        {aside !== undefined && <div className={classes.aside}>{aside}</div>}
      </header>
      {scrolls ? <div className={classes.frame}>{children}</div> : children}
    </section>
  );
}
