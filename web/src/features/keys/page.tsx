import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { peopleWords } from "../../lib/people_words";
import { useSheet } from "../../lib/sheet";
import type { ApiKey, Me } from "../../lib/types";
import { Asked } from "../../ui/asked";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Question } from "../../ui/question";
import { LongRecords } from "../../ui/long_records";
import { Section } from "../../ui/section";
import { Trouble } from "../../ui/trouble";
import { keys, revokeKey } from "./api";
import { KeyRecord } from "./key_record";
import { MakeKey } from "./make_key";

const words = peopleWords.apiKeys;

const KEYS = [keys.queryKey];

/** The API keys of the project. */
export function KeysView({ me }: { me: Me }): ReactElement {
  return (
    <Asked keys={KEYS}>
      <Keys me={me} />
    </Asked>
  );
}

function Keys({ me }: { me: Me }): ReactElement {
  const client = useQueryClient();
  const list = useInfiniteQuery(keys);
  const making = useSheet("key");
  const [doomed, setDoomed] = useState<ApiKey | null>(null);
  const { mutate, error } = useMutation({
    mutationFn: revokeKey,
    onSettled: () => client.invalidateQueries(keys),
  });
  const all = list.data?.pages.flatMap((page) => page.keys);
  const make = (
    <Button size="xs" onClick={making.open}>
      {words.make}
    </Button>
  );
  return (
    <Section title={words.title} count={all && words.count(all.length)} asOf aside={make}>
      {all === undefined && list.error === null && <LoadingFace rows={4} />}
      {all === undefined && list.error !== null && <FailedFace error={list.error} retry={() => void list.refetch()} />}
      {all?.length === 0 && (
        <EmptyFace title={words.none}>
          <p>{words.noneBody}</p>
        </EmptyFace>
      )}
      {error !== null && <Trouble error={error} />}
      {all !== undefined && all.length > 0 && (
        <LongRecords label={words.title} paged={list}>
          {all.map((key) => (
            <KeyRecord key={key.id} apiKey={key} onRevoke={setDoomed} />
          ))}
        </LongRecords>
      )}
      {making.isOpen && <MakeKey me={me} onClose={making.close} />}
      {doomed !== null && (
        <Question
          title={words.revokeTitle}
          body={words.revokeBody(doomed.name)}
          yes={words.revoke}
          onYes={() => {
            mutate(doomed.id);
            setDoomed(null);
          }}
          onNo={() => {
            setDoomed(null);
          }}
        />
      )}
    </Section>
  );
}
