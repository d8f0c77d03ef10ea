// The processes of the installation, and what the webhooks of our own met. Only who runs it is told.
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { duration } from "../../lib/format";
import type { Look } from "../../lib/look";
import { text } from "../../lib/text";
import type { Node } from "../../lib/types";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Record, Records } from "../../ui/records";
import { Section } from "../../ui/section";
import { Age, ShortTime } from "../../ui/time";
import { nodes } from "./api";

const words = text.operations.nodes;

function placeOf({ host, port }: Node): string {
  return `${host}:${String(port)}`;
}

/** Whether the public address leads here: what the last canary of each node met. */
export function Canaries(): ReactElement | null {
  const { data } = useQuery(nodes);
  if (data?.told !== true) return null; // what goes wrong with the list stands below
  const sent = data.nodes.filter(({ canary }) => canary !== null);
  return (
    <Section title={words.canary}>
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

export function Nodes(): ReactElement | null {
  const { data, error, refetch } = useQuery(nodes);
  if (data?.told === false) return null;
  return (
    <Section title={words.title} count={data && words.count(data.nodes.length)}>
      {data === undefined && (error === null ? <LoadingFace rows={2} /> : <FailedFace error={error} retry={() => void refetch()} />)}
      {data?.nodes.length === 0 && <EmptyFace title={words.none}>{words.noneBody}</EmptyFace>}
      {data !== undefined && data.nodes.length > 0 && (
        <Records label={words.title}>
          {data.nodes.map((node) => (
            <NodeRecord key={placeOf(node)} node={node} />
          ))}
        </Records>
      )}
    </Section>
  );
}

function NodeRecord({ node }: { node: Node }): ReactElement {
  const state: Look = node.is_silent ? { shape: "ring", tone: "quiet", word: words.silent } : { shape: "check", tone: "good", word: words.running };
  return (
    <Record
      name={placeOf(node)}
      aside={node.version}
      state={state}
      facts={[
        node.roles.map((role) => words.roles[role]).join(", "),
        <>
          {words.since} <ShortTime time={node.started_at} />
        </>,
        <>
          {words.seen} <Age time={node.seen_at} />
        </>,
      ]}
    />
  );
}
