import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { connectionWords } from "../../lib/connection_words";
import type { Look } from "../../lib/look";
import type { Connection } from "../../lib/types";
import { Record } from "../../ui/records";
import { ExactTime } from "../../ui/time";

const words = connectionWords;

type AccountProps = { connection: Connection; onChange: (connection: Connection) => void; onRemove: (connection: Connection) => void };

const WORKS: Look = { shape: "check", tone: "good", word: words.works };
const DOWN: Look = { shape: "alert", tone: "bad", word: words.down };

/** One account: which, since when, with how many tokens, and what is the matter when it cannot be asked. */
export function AccountRecord({ connection, onChange, onRemove }: AccountProps): ReactElement {
  const { account, origin, created_at: created, updated_at: updated, has_secondary_secret: hasTwo, down } = connection;
  const isStored = origin === "stored";
  return (
    <Record
      name={<code>{account}</code>}
      aside={isStored ? words.twilio : `${words.twilio}, ${words.configured}`}
      state={down === null ? WORKS : DOWN}
      facts={[
        down === null ? null : (
          <>
            {words.downSince} <ExactTime time={down.since} />: {down.human_title}
          </>
        ),
        isStored ? null : words.configuredNote,
        created === null ? null : (
          <>
            {down === null ? words.connected : words.connectedSince} <ExactTime time={created} />
          </>
        ),
        updated === null || updated === created ? null : (
          <>
            {words.changed} <ExactTime time={updated} />
          </>
        ),
        hasTwo ? words.two : null,
      ]}
      action={
        <>
          <Act word={words.change} label={words.changeLabel(account)} act={() => { onChange(connection); }} />
          {isStored && <Act word={words.remove} label={words.removeLabel(account)} act={() => { onRemove(connection); }} />}
        </>
      }
    />
  );
}

function Act({ word, label, act }: { word: string; label: string; act: () => void }): ReactElement {
  return (
    <Button variant="default" size="xs" aria-label={label} onClick={act}>
      {word}
    </Button>
  );
}
