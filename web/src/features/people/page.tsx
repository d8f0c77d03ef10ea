import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { ReactElement } from "react";
import { goTo, usePlace } from "../../lib/location";
import { peopleWords } from "../../lib/people_words";
import { useSheet } from "../../lib/sheet";
import type { Me, User, UserStatus } from "../../lib/types";
import type { Look } from "../../lib/look";
import { Asked } from "../../ui/asked";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { LongRecords } from "../../ui/long_records";
import { Record } from "../../ui/records";
import { Section } from "../../ui/section";
import { Age } from "../../ui/time";
import { users } from "./api";
import { Invite } from "./invite";
import { Manage } from "./manage";
import { roleWords } from "./role_words";

const words = peopleWords.people;

const LOOKS: { [S in UserStatus]: [Look["shape"], Look["tone"]] } = {
  active: ["check", "good"],
  invited: ["dots", "waiting"],
  disabled: ["minus", "quiet"],
};

function lookOf(status: UserStatus): Look {
  const [shape, tone] = LOOKS[status];
  return { shape, tone, word: words.status[status] };
}

const KEYS = [users.queryKey];

/** The people of the organisation, as far as one manages them. */
export function PeopleView({ me }: { me: Me }): ReactElement {
  return (
    <Asked keys={KEYS}>
      <People me={me} />
    </Asked>
  );
}

function People({ me }: { me: Me }): ReactElement {
  const list = useInfiniteQuery(users);
  const inviting = useSheet("invite");
  const { person: managed } = usePlace();
  const people = list.data?.pages.flatMap((page) => page.users);
  const chosen = people?.find(({ id }) => id === managed);
  const { fetchNextPage } = list;
  const isFurther = managed !== null && chosen === undefined && list.hasNextPage && !list.isFetching && list.error === null;
  useEffect(() => {
    if (isFurther) void fetchNextPage();
  }, [isFurther, people?.length, fetchNextPage]);
  const invite = (
    <Button size="xs" onClick={inviting.open}>
      {words.invite}
    </Button>
  );
  return (
    <Section title={words.title} count={people && words.count(people.length)} asOf aside={invite}>
      {people === undefined && list.error === null && <LoadingFace rows={6} />}
      {people === undefined && list.error !== null && <FailedFace error={list.error} retry={() => void list.refetch()} />}
      {people?.length === 0 && <EmptyFace title={words.none}>{null}</EmptyFace>}
      {people !== undefined && (
        <LongRecords label={words.title} paged={list}>
          {people.map((person) => (
            <Person key={person.id} person={person} isMe={person.id === me.actor.id} onManage={(id) => { goTo({ person: id }); }} />
          ))}
        </LongRecords>
      )}
      {inviting.isOpen && <Invite me={me} onClose={inviting.close} />}
      {chosen !== undefined && (
        <Manage
          me={me}
          person={chosen}
          onClose={() => {
            goTo({ person: null });
          }}
        />
      )}
    </Section>
  );
}

type PersonProps = { person: User; isMe: boolean; onManage: (id: string) => void };

function Person({ person, isMe, onManage }: PersonProps): ReactElement {
  const manage = (
    <Button
      variant="default"
      size="xs"
      aria-haspopup="dialog"
      aria-label={words.actions(person.name)}
      onClick={() => {
        onManage(person.id);
      }}
    >
      {words.manage}
    </Button>
  );
  return (
    <Record
      name={person.name}
      aside={isMe ? words.you : undefined}
      state={lookOf(person.status)}
      facts={[
        person.name === person.email ? null : person.email,
        ...person.roles.map(roleWords),
        person.status === "active" && !person.has_password ? words.noPassword : null,
        person.seen_at === null ? (
          words.neverSeen
        ) : (
          <>
            {words.seen} <Age time={person.seen_at} />
          </>
        ),
      ]}
      action={manage}
    />
  );
}
