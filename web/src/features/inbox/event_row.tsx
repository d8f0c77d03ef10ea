import { ActionIcon } from "@mantine/core";
import type { ReactElement } from "react";
import { usePlace } from "../../lib/location";
import { processingLook } from "../../lib/look";
import { text } from "../../lib/text";
import { reasonWords } from "../../lib/told";
import type { InboxEvent } from "../../lib/types";
import { Icon } from "../../ui/icon";
import { leaveFocus } from "../../ui/left_focus";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { Pick } from "../../ui/pick";
import { Vouched } from "../../ui/stale";
import { Age } from "../../ui/time";
import { mayBeReplayed } from "./filter";
import classes from "./list.module.css";

export function eventName(event: { event_type: string }): string {
  return text.inbox.eventType[event.event_type] ?? event.event_type;
}

/** What may be done with a row; null: nothing. */
export type RowActions = { isPicked: boolean; onPick: (withShift: boolean) => void; onReplay: () => void };

type EventRowProps = { event: InboxEvent; actions: RowActions | null };

/** One received webhook: what it is, its state and attempts, and how old it is. */
export function EventRow({ event, actions }: EventRowProps): ReactElement {
  const { event: open } = usePlace();
  const may = mayBeReplayed(event) ? actions : null;
  return (
    <div className={classes.row} data-event={event.id} data-status={event.processing_status} data-picked={may?.isPicked}>
      {may !== null && <Pick label={text.inbox.select(event.id)} isPicked={may.isPicked} onPick={may.onPick} />}
      {may === null && actions !== null && <span className={classes.unpicked} />}
      <Link to={{ event: event.id }} className={classes.main} current={event.id === open}>
        <span className={classes.what}>
          <span className={classes.name}>{eventName(event)}</span>
          <code>{event.call_sid ?? event.recording_sid}</code>
        </span>
        <span className={classes.time}>
          <Age time={event.received_at} />
        </span>
        <State event={event} />
      </Link>
      {may !== null && (
        <ActionIcon ref={leaveFocus} variant="default" size="md" className={classes.do} aria-label={text.inbox.replayLabel(event.id)} title={text.inbox.replay} onClick={may.onReplay}>
          <Icon name="replay" size={14} />
        </ActionIcon>
      )}
    </div>
  );
}

function State({ event }: { event: InboxEvent }): ReactElement {
  return (
    <span className={classes.state}>
      <Vouched>
        <Mark look={processingLook(event.processing_status)} moving={event.processing_status === "processing"} />
      </Vouched>
      {event.retry_count > 0 && <Vouched>{text.inbox.attempts(event.retry_count)}</Vouched>}
      {event.error !== null && <span className={classes.reason}>{reasonWords(event.error)}</span>}
    </span>
  );
}
