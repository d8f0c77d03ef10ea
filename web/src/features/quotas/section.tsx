// How much the project may use, how much of it is used, and less for who wants to be stopped early.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { number } from "../../lib/format";
import type { Look } from "../../lib/look";
import { connectionWords } from "../../lib/connection_words";
import type { Quota } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Mark } from "../../ui/mark";
import { Meter } from "../../ui/meter";
import { Record, Records } from "../../ui/records";
import { Section } from "../../ui/section";
import { Polled, Vouched } from "../../ui/stale";
import { quotas } from "./api";
import { ChooseQuota } from "./choose";

const words = connectionWords.quotas;

export function QuotasSection(): ReactElement {
  return (
    <Polled keys={[quotas.queryKey]}>
      <All />
    </Polled>
  );
}

function All(): ReactElement {
  const { data, error, refetch } = useQuery(quotas);
  const [chosen, setChosen] = useState<Quota | null>(null);
  return (
    <Section title={words.title} asOf>
      {data === undefined && (error === null ? <LoadingFace rows={6} /> : <FailedFace error={error} retry={() => void refetch()} />)}
      {data !== undefined && (
        <Records label={words.title}>
          {data.quotas.map((quota) => (
            <QuotaRecord key={quota.name} quota={quota} onChoose={setChosen} />
          ))}
        </Records>
      )}
      {chosen !== null && (
        <ChooseQuota
          quota={chosen}
          onClose={() => {
            setChosen(null);
          }}
        />
      )}
    </Section>
  );
}

function QuotaRecord({ quota, onChoose }: { quota: Quota; onChoose: (quota: Quota) => void }): ReactElement {
  const { name, most, value, used } = quota;
  const about = words.names[name];
  return (
    <Record
      name={about.name}
      aside={about.note}
      facts={[
        words.atMost(number(value)),
        value < most ? words.chosenOf(number(most)) : null,
        used === null ? null : <Used key="used" of={about.name} used={used} value={value} />,
      ]}
      action={
        <Button
          variant="default"
          size="xs"
          aria-label={words.chooseLabel(about.name)}
          onClick={() => {
            onChoose(quota);
          }}
        >
          {words.choose}
        </Button>
      }
    />
  );
}

/** From this share of what may be used on it is said that there is little left. */
const NEARLY = 0.8;
const LITTLE_LEFT: Look = { shape: "alert", tone: "warn", word: words.nearly };
const NONE_LEFT: Look = { shape: "cross", tone: "bad", word: words.full };

function Used({ of, used, value }: { of: string; used: number; value: number }): ReactElement {
  return (
    <>
      <Vouched>{words.used(number(used))}</Vouched> <Meter label={words.usedOf(of)} value={used} most={value} />{" "}
      {used >= NEARLY * value && <Mark look={used >= value ? NONE_LEFT : LITTLE_LEFT} />}
    </>
  );
}
