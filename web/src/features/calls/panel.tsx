import type { ReactElement } from "react";
import { goTo } from "../../lib/location";
import { text } from "../../lib/text";
import { Link } from "../../ui/link";
import { Panel } from "../../ui/panel";
import { CallRecord } from "./record";
import classes from "./record.module.css";

/** One call beside the list that led to it. */
export function CallPanel({ sid }: { sid: string }): ReactElement {
  const close = (): void => {
    goTo({ call: null, as_of: null });
  };
  return (
    <Panel title={text.call.title} onClose={close}>
      <p className={classes.toPage}>
        <Link to={{ view: "call", open: sid, call: null, as_of: null }}>{text.call.page}</Link>
      </p>
      <CallRecord key={sid} sid={sid} />
    </Panel>
  );
}
