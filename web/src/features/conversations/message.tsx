import { VisuallyHidden } from "@mantine/core";
import type { ReactElement } from "react";
import { clockTime, timeOfDay } from "../../lib/format";
import { directionIcon } from "../../lib/look";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import type { Message } from "../../lib/types";
import { Icon } from "../../ui/icon";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { RecordingPlayer } from "../../ui/recording";
import { Vouched } from "../../ui/stale";
import { ClockTime } from "../../ui/time";
import classes from "./conversation.module.css";
import { outcomeLook, spansOf } from "../../lib/outcome";
import type { Spans } from "../../lib/outcome";

/** One call with its legs: when, how it went, and how long, on the scale of all that are shown. */
export function MessageRow({ message, scale }: { message: Message; scale: number }): ReactElement {
  const { created_at: at, direction, recording_url: recording } = message;
  const spans = spansOf(message);
  const mayHear = useMay("recordings.read");
  const whole = spans.wait + spans.talk;
  return (
    <li>
      <Link to={{ call: message.twilio_sid }} className={classes.message}>
        <ClockTime time={at} />
        <span className={classes.direction} title={text.direction[direction]}>
          <Icon name={directionIcon(direction)} size={14} />
          <VisuallyHidden>{text.direction[direction]}</VisuallyHidden>
        </span>
        <span className={classes.outcome}>
          <Vouched>
            <Mark look={outcomeLook(message)} />
          </Vouched>
        </span>
        <span className={classes.length}>{whole > 0 && <Vouched>{clockTime(whole)}</Vouched>}</span>
        {whole > 0 && <Bar spans={spans} scale={scale} />}
      </Link>
      {mayHear && recording !== null && (
        <div className={classes.recording}>
          <RecordingPlayer key={recording} sid={message.twilio_sid} url={recording} label={`${text.recording.title}, ${timeOfDay(at)}`} />
        </div>
      )}
    </li>
  );
}

/** Waiting and talking, to scale. */
function Bar({ spans, scale }: { spans: Spans; scale: number }): ReactElement {
  const width = (seconds: number): string => `${(seconds / scale) * 100}%`;
  return (
    <span className={classes.bar} aria-hidden="true">
      {spans.wait > 0 && <i data-span="wait" style={{ width: width(spans.wait) }} />}
      {spans.talk > 0 && <i data-span="talk" style={{ width: width(spans.talk) }} />}
    </span>
  );
}
