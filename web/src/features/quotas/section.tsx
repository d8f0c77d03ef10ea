// How much the project may use, how much of it is used, and less for who wants to be stopped early.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { number } from "../../lib/format";
import { text } from "../../lib/text";
import type { Quota } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Record, Records } from "../../ui/records";
import { Section } from "../../ui/section";
import { quotas, usage } from "./api";
import { ChooseQuota } from "./choose";

const words = text.connections.quotas;

export function QuotasSection(): ReactElement {
  const { data, error, refetch } = useQuery(quotas);
  const { data: limits, error: notTold } = useQuery(usage);
  const [chosen, setChosen] = useState<Quota | null>(null);
  const usedOf = (name: string): number | null => (notTold === null ? (limits?.find((limit) => limit.name === name)?.used ?? null) : null);
  return (
    <Section title={words.title}>
      {data === undefined && (error === null ? <LoadingFace rows={6} /> : <FailedFace error={error} retry={() => void refetch()} />)}
      {data !== undefined && (
        <Records label={words.title}>
          {data.quotas.map((quota) => (
            <QuotaRecord key={quota.name} quota={quota} used={usedOf(quota.name)} onChoose={setChosen} />
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

type QuotaProps = { quota: Quota; used: number | null; onChoose: (quota: Quota) => void };

function QuotaRecord({ quota, used, onChoose }: QuotaProps): ReactElement {
  const { name, most, value } = quota;
  const about = words.names[name];
  return (
    <Record
      name={about.name}
      aside={about.note}
      facts={[words.atMost(number(value)), value < most ? words.chosenOf(number(most)) : null, used === null ? null : words.used(number(used))]}
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
