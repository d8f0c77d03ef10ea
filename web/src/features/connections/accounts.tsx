import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { connectionWords } from "../../lib/connection_words";
import { useSheet } from "../../lib/sheet";
import type { Connection } from "../../lib/types";
import { Asked } from "../../ui/asked";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Question } from "../../ui/question";
import { Records } from "../../ui/records";
import { Section } from "../../ui/section";
import { Trouble } from "../../ui/trouble";
import { AccountRecord } from "./account_record";
import { connections, disconnect } from "./api";
import { Connect } from "./connect";
import { useOutages } from "./outages";

const words = connectionWords;

type Open = { kind: "change" | "remove"; connection: Connection };

const KEYS = [connections.queryKey];

/** The project's accounts at providers: they are connected, get other tokens, and are disconnected. */
export function Accounts({ title = words.accounts }: { title?: string }): ReactElement {
  return (
    <Asked keys={KEYS}>
      <All title={title} />
    </Asked>
  );
}

function All({ title }: { title: string }): ReactElement {
  const client = useQueryClient();
  useOutages();
  const { data, error: failure, refetch } = useQuery(connections);
  const connecting = useSheet("connect");
  const [open, setOpen] = useState<Open | null>(null);
  const { mutate, error } = useMutation({ mutationFn: disconnect, onSettled: () => client.invalidateQueries(connections) });
  const close = (): void => {
    setOpen(null);
  };
  const connect = (
    <Button size="xs" onClick={connecting.open}>
      {words.connect}
    </Button>
  );
  const all = data?.connections;
  return (
    <Section title={title} asOf aside={connect}>
      {all === undefined && (failure === null ? <LoadingFace rows={2} /> : <FailedFace error={failure} retry={() => void refetch()} />)}
      {all?.length === 0 && (
        <EmptyFace title={words.none}>
          <p>{words.noneBody}</p>
        </EmptyFace>
      )}
      {error !== null && <Trouble error={error} />}
      {all !== undefined && all.length > 0 && (
        <Records label={words.accounts}>
          {all.map((connection) => (
            <AccountRecord
              key={connection.account}
              connection={connection}
              onChange={() => {
                setOpen({ kind: "change", connection });
              }}
              onRemove={() => {
                setOpen({ kind: "remove", connection });
              }}
            />
          ))}
        </Records>
      )}
      {connecting.isOpen && <Connect onClose={connecting.close} />}
      {open?.kind === "change" && <Connect known={open.connection} onClose={close} />}
      {open?.kind === "remove" && (
        <Question
          title={words.removeTitle}
          body={words.removeBody(open.connection.account)}
          yes={words.remove}
          onYes={() => {
            mutate(open.connection);
            close();
          }}
          onNo={close}
        />
      )}
    </Section>
  );
}
