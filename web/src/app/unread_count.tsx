import { VisuallyHidden } from "@mantine/core";
import type { ReactElement } from "react";
import { LATEST, useBeginReading, useUnread } from "../features/conversations/unread";
import { text } from "../lib/text";
import { useTitle } from "../lib/title";
import { Fed, Vouched } from "../ui/stale";
import classes from "./header.module.css";

const KEYS = [LATEST];

/** How many conversations are unread: beside the view's name, and in the title of the window. */
export function UnreadCount(): ReactElement | null {
  useBeginReading();
  const { count, isCut } = useUnread();
  const shown = text.unread.count(count, isCut);
  useTitle("unread", count === 0 ? null : shown);
  if (count === 0) return null;
  return (
    <span className={classes.unread} data-unread={count}>
      <span aria-hidden="true">
        <Fed keys={KEYS}>
          <Vouched>{shown}</Vouched>
        </Fed>
      </span>
      <VisuallyHidden>{text.unread.title(shown)}</VisuallyHidden>
    </span>
  );
}
