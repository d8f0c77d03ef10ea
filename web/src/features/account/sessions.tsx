import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { peopleWords } from "../../lib/people_words";
import type { Session } from "../../lib/types";
import { Asked } from "../../ui/asked";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Record, Records } from "../../ui/records";
import { Section } from "../../ui/section";
import { Age, ExactTime } from "../../ui/time";
import { Trouble } from "../../ui/trouble";
import { agentName } from "./agent";
import { endSessions, sessions } from "./api";

const words = peopleWords.mine;

const KEYS = [sessions.queryKey];

/** Where one is signed in, and how to end that. */
export function Sessions(): ReactElement {
  return (
    <Asked keys={KEYS}>
      <All />
    </Asked>
  );
}

function All(): ReactElement {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(sessions);
  const { mutate, isPending, error: trouble } = useMutation({
    mutationFn: endSessions,
    onSuccess: () => client.invalidateQueries(sessions),
  });
  const endOthers = (
    <Button
      variant="default"
      size="xs"
      loading={isPending}
      onClick={() => {
        mutate(null);
      }}
    >
      {words.endOthers}
    </Button>
  );
  if (data === undefined)
    return <Section title={words.sessions}>{error === null ? <LoadingFace rows={3} /> : <FailedFace error={error} retry={() => void refetch()} />}</Section>;
  return (
    <Section title={words.sessions} count={words.sessionCount(data.length)} asOf aside={data.length > 1 && endOthers}>
      {trouble !== null && <Trouble error={trouble} />}
      <Records label={words.sessions}>
        {data.map((session) => (
          <SessionRecord key={session.id} session={session} onEnd={mutate} />
        ))}
      </Records>
    </Section>
  );
}

function SessionRecord({ session, onEnd }: { session: Session; onEnd: (id: string) => void }): ReactElement {
  const name = agentName(session.agent) ?? words.unknownAgent;
  const end = (
    <Button
      variant="default"
      size="xs"
      aria-label={words.endLabel(name)}
      onClick={() => {
        onEnd(session.id);
      }}
    >
      {words.end}
    </Button>
  );
  return (
    <Record
      name={name}
      aside={session.is_current ? words.thisOne : undefined}
      facts={[
        session.address,
        <>
          {words.since} <ExactTime time={session.created_at} />
        </>,
        <>
          {words.seen} <Age time={session.seen_at} />
        </>,
      ]}
      action={!session.is_current && end}
    />
  );
}
