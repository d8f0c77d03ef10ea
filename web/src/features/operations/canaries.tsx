// What the webhooks of our own met. Only who runs the installation is told.
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { duration } from "../../lib/format";
import type { Look } from "../../lib/look";
import { text } from "../../lib/text";
import type { Node } from "../../lib/types";
import { EmptyFace } from "../../ui/faces";
import { Record, Records } from "../../ui/records";
import { Section } from "../../ui/section";
import { Age } from "../../ui/time";
import { nodes } from "./api";
import { placeOf } from "./nodes";

const words = text.operations.nodes;

/** Whether the public address leads here: what the last canary of each node met. */
export function Canaries(): ReactElement | null {
  const { data } = useQuery(nodes);
  if (data?.told !== true) return null; // what goes wrong with the list stands with the nodes
  const sent = data.nodes.filter(({ canary, is_silent }) => canary !== null && !is_silent);
  return (
    <Section title={words.canary} asOf>
      {sent.length === 0 ? (
        <EmptyFace title={words.noCanary}>{words.noCanaryBody}</EmptyFace>
      ) : (
        <Records label={words.canary}>
          {sent.map((node) => (
            <CanaryRecord key={placeOf(node)} from={placeOf(node)} canary={node.canary} />
          ))}
        </Records>
      )}
    </Section>
  );
}

function CanaryRecord({ from, canary }: { from: string; canary: Node["canary"] }): ReactElement | null {
  if (canary === null) return null;
  const state: Look = canary.came_through ? { shape: "check", tone: "good", word: words.cameThrough } : { shape: "alert", tone: "bad", word: words.lost };
  return (
    <Record
      name={words.publicAddress}
      state={state}
      facts={[canary.took_ms === null ? null : words.took(duration(canary.took_ms)), <Age key="at" time={canary.at} />, words.from(from)]}
    />
  );
}
