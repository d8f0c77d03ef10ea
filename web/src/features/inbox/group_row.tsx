import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { reasonWords } from "../../lib/told";
import type { Reason } from "../../lib/types";
import { Icon } from "../../ui/icon";
import { Link } from "../../ui/link";
import { Pick } from "../../ui/pick";
import { Vouched } from "../../ui/stale";
import { ShortTime } from "../../ui/time";
import { eventName } from "./event_row";
import { placeOfReason } from "./filter";
import classes from "./list.module.css";
import { SELECT_MAX } from "./selection";

type GroupActions = { nPicked: number; onPick: () => void; onReplay: () => void };
type GroupRowProps = { reason: Reason; isOpen: boolean; actions: GroupActions | null };

/** Dead letters of one reason and kind, folded or with its events below it. */
export function GroupRow({ reason, isOpen, actions }: GroupRowProps): ReactElement {
  const why = reasonWords(reason.error);
  const most = Math.min(reason.count, SELECT_MAX);
  return (
    <div className={classes.row} data-group={reason.error}>
      {actions !== null && (
        <Pick
          label={text.inbox.selectGroup(most, why)}
          isPicked={actions.nPicked >= most}
          isPartly={actions.nPicked > 0 && actions.nPicked < most}
          onPick={actions.onPick}
        />
      )}
      <Link to={placeOfReason(reason, isOpen)} className={classes.main} expanded={isOpen}>
        <span className={classes.what}>
          <span className={classes.fold} data-open={isOpen || undefined}>
            <Icon name="down" size={14} />
          </span>
          <span className={classes.name} title={why}>
            {why}
          </span>
        </span>
        <span className={classes.count}>
          <Vouched>{text.inbox.events(reason.count)}</Vouched>
        </span>
        <span className={classes.state}>
          <span>{eventName(reason)}</span>
          <Span reason={reason} />
        </span>
      </Link>
      {actions !== null && (
        <Button
          variant="default"
          size="xs"
          className={classes.do}
          leftSection={<Icon name="replay" size={13} />}
          aria-label={text.inbox.replayTheseLabel(why)}
          onClick={actions.onReplay}
        >
          <span className={classes.word}>{text.inbox.replayThese}</span>
        </Button>
      )}
    </div>
  );
}

/** From the first to the last of them. */
function Span({ reason }: { reason: Reason }): ReactElement {
  const isOne = reason.first_received_at === reason.last_received_at;
  return (
    <span>
      <ShortTime time={reason.first_received_at} />
      {!isOne && " – "}
      {!isOne && <ShortTime time={reason.last_received_at} />}
    </span>
  );
}
