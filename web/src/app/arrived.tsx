import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { activeCalls } from "../features/calls/api";
import { text } from "../lib/text";
import { Link } from "../ui/link";
import { Mark } from "../ui/mark";
import { Vouched } from "../ui/stale";
import classes from "./live_page.module.css";

/** Says that the first call of all has come, and leads to it. */
export function Arrived({ onDismiss }: { onDismiss: () => void }): ReactElement {
  const { data } = useQuery(activeCalls);
  const sid = data?.calls.at(-1)?.twilio_sid;
  return (
    <div className={classes.arrived} role="status">
      <Vouched>
        <Mark look={{ shape: "check", tone: "good", word: text.start.arrived }} />
      </Vouched>
      {sid !== undefined && <Link to={{ call: sid }}>{text.start.openArrived}</Link>}
      <Button variant="default" size="xs" onClick={onDismiss}>
        {text.start.dismiss}
      </Button>
    </div>
  );
}
