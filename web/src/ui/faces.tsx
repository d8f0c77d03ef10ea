import { Button, Skeleton, VisuallyHidden } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { faultOf } from "../lib/fault";
import { text } from "../lib/text";
import type { Right } from "../lib/types";
import classes from "./faces.module.css";

/** A list without anything in it, and why that is. */
export function EmptyFace({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <div className={classes.face}>
      <p className={classes.title}>{title}</p>
      <div className={classes.body}>{children}</div>
    </div>
  );
}

/** What one's role does not show. */
export function MayNot({ right }: { right: Right | undefined }): ReactElement {
  return (
    <EmptyFace title={text.sections.mayNot}>
      <p>{text.sections.mayNotBody(right === undefined ? "" : text.rights[right])}</p>
    </EmptyFace>
  );
}

/** A list that is on its way. */
export function LoadingFace({ rows = 4 }: { rows?: number }): ReactElement {
  return (
    <div className={classes.loading} role="status">
      <VisuallyHidden>{text.loading}</VisuallyHidden>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={18} width={`${90 - ((row * 17) % 40)}%`} radius="sm" />
      ))}
    </div>
  );
}

/** Says that something is on its way, to who hears the page. */
export function LoadingStatus(): ReactElement {
  return (
    <div role="status">
      <VisuallyHidden>{text.loading}</VisuallyHidden>
    </div>
  );
}

/** Words on their way: those that usually come, or as long ones, keep the room for them. */
export function PendingWords({ children }: { children: string }): ReactElement {
  return (
    <Skeleton component="span" width="fit-content" className={classes.pending} aria-hidden="true">
      <span className={classes.unsaid}>{children}</span>
    </Skeleton>
  );
}

/** A list that could not be loaded or may not be seen, what to do about it, and a button that tries again. */
export function FailedFace({ error, retry }: { error: Error; retry: () => void }): ReactElement {
  const { status, message, howToFix, traceId } = faultOf(error);
  const isForbidden = status === 403;
  return (
    <div className={classes.face} role="alert">
      <p className={classes.title}>{isForbidden ? text.failed.forbidden : text.failed.title}</p>
      <div className={classes.body}>
        <p>{message}</p>
        {howToFix.map((fix) => <p key={fix}>{fix}</p>)}
        {traceId !== null && <p className={classes.trace}>{text.failed.trace(traceId)}</p>}
      </div>
      {!isForbidden && (
        <Button variant="default" size="xs" onClick={retry}>
          {text.failed.retry}
        </Button>
      )}
    </div>
  );
}
