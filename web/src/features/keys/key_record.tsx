import { Button } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { serverNow } from "../../lib/clock";
import type { Look } from "../../lib/look";
import { peopleWords } from "../../lib/people_words";
import { text } from "../../lib/text";
import type { ApiKey } from "../../lib/types";
import { Record } from "../../ui/records";
import { Age, ExactTime } from "../../ui/time";
import classes from "./key_record.module.css";

const words = peopleWords.apiKeys;

type State = keyof typeof words.state;

const LOOKS: { [S in State]: [Look["shape"], Look["tone"]] } = {
  active: ["check", "good"],
  expired: ["paused", "warn"],
  revoked: ["minus", "quiet"],
};

function stateOf({ revoked_at: revoked, expires_at: expires }: ApiKey): State {
  if (revoked !== null) return "revoked";
  return expires !== null && Date.parse(expires) <= serverNow() ? "expired" : "active";
}

function when(word: string, time: ReactNode): ReactNode {
  return (
    <>
      {word} {time}
    </>
  );
}

type KeyRecordProps = { apiKey: ApiKey; onRevoke: (key: ApiKey) => void };

/** One key: by what it is known, what it may do, and how long. */
export function KeyRecord({ apiKey: key, onRevoke }: KeyRecordProps): ReactElement {
  const state = stateOf(key);
  const [shape, tone] = LOOKS[state];
  const revoke = (
    <Button
      variant="default"
      size="xs"
      aria-label={words.revokeLabel(key.name)}
      onClick={() => {
        onRevoke(key);
      }}
    >
      {words.revoke}
    </Button>
  );
  return (
    <Record
      name={key.name}
      state={{ shape, tone, word: words.state[state] }}
      facts={[
        key.prefix === null ? null : <code>{key.prefix}…</code>,
        when(words.made, <ExactTime time={key.created_at} />),
        key.created_by === null ? null : words.by(key.created_by),
        key.expires_at === null ? words.noEnd : when(words.expires, <ExactTime time={key.expires_at} />),
        key.used_at === null ? words.neverUsed : when(words.used, <Age time={key.used_at} />),
      ]}
      action={state !== "revoked" && revoke}
    >
      <p className={classes.rights}>{key.rights.map((right) => text.rights[right]).join(" · ")}</p>
    </Record>
  );
}
