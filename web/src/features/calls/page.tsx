import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { partyName } from "../../lib/format";
import { usePlace } from "../../lib/location";
import { text } from "../../lib/text";
import { useTitle } from "../../lib/title";
import { EmptyFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Section } from "../../ui/section";
import { callDetail } from "./api";
import { CallRecord } from "./record";
import classes from "./record.module.css";

/** One call by itself: `/app/call/CA…`. */
export function CallView(): ReactElement {
  const { open } = usePlace();
  const { data } = useQuery({ ...callDetail(open ?? "", null), enabled: open !== null });
  useTitle("subject", data === undefined ? null : `${partyName(data.call.from_number)} → ${partyName(data.call.to_number)}`);
  return (
    <Section title={text.call.title}>
      <div className={classes.page}>{open === null ? <Unnamed /> : <CallRecord key={open} sid={open} />}</div>
    </Section>
  );
}

/** The address tells no call. */
function Unnamed(): ReactElement {
  return (
    <EmptyFace title={text.call.unnamed}>
      <p>{text.call.unnamedBody}</p>
      <p>
        <Link to={{ view: "calls" }}>{text.call.all}</Link>
      </p>
    </EmptyFace>
  );
}
