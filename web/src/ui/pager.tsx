import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../lib/text";
import { Vouched } from "./stale";
import classes from "./pager.module.css";

type PagerProps = { label: string; page: number; limit: number; total: number; onPage: (page: number) => void };

/** Newer and older, when there is more than one page. */
export function Pager({ label, page, limit, total, onPage }: PagerProps): ReactElement | null {
  if (total <= limit && page === 1) return null;
  const first = (page - 1) * limit + 1;
  const last = Math.min(total, page * limit);
  const go = (by: number) => () => {
    onPage(page + by);
  };
  return (
    <nav className={classes.pager} aria-label={label}>
      <Button variant="default" size="xs" disabled={page <= 1} onClick={go(-1)}>
        {text.pages.previous}
      </Button>
      <span aria-live="polite">
        <Vouched>{text.pages.range(Math.min(first, last), last, total)}</Vouched>
      </span>
      <Button variant="default" size="xs" disabled={last >= total} onClick={go(1)}>
        {text.pages.next}
      </Button>
    </nav>
  );
}
