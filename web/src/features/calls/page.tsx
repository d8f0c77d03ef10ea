import type { ReactElement } from "react";
import { usePlace } from "../../lib/location";
import { text } from "../../lib/text";
import { Section } from "../../ui/section";
import { CallRecord } from "./record";
import classes from "./record.module.css";

/** One call by itself: `/app/call/CA…`. */
export function CallView(): ReactElement {
  const { open } = usePlace();
  return (
    <Section title={text.call.title}>
      <div className={classes.page}>{open !== null && <CallRecord key={open} sid={open} />}</div>
    </Section>
  );
}
