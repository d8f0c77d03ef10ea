import type { MouseEvent, ReactElement, ReactNode } from "react";
import { goTo, hrefTo, usePlace } from "../lib/location";
import type { Place } from "../lib/location";

type LinkProps = {
  to: Partial<Place>;
  children: ReactNode;
  className?: string | undefined;
  current?: boolean;
  expanded?: boolean;
  [data: `data-${string}`]: string | boolean | undefined;
};

/** A real link to another place of the page; a plain click goes there without loading. */
export function Link({ to, children, className, current, expanded, ...data }: LinkProps): ReactElement {
  usePlace();
  const follow = (click: MouseEvent): void => {
    if (click.metaKey || click.ctrlKey || click.shiftKey || click.altKey || click.button !== 0) return;
    click.preventDefault();
    goTo(to);
  };
  return (
    <a href={hrefTo(to)} className={className} onClick={follow} aria-current={current ? "page" : undefined} aria-expanded={expanded} {...data}>
      {children}
    </a>
  );
}
