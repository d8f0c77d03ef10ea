// The processes of the installation. Only who runs it is told.
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { duration } from "../../lib/format";
import type { Look } from "../../lib/look";
import { text } from "../../lib/text";
import type { Node } from "../../lib/types";
import { EmptyFace, FailedFace } from "../../ui/faces";
import { Record, Records } from "../../ui/records";
import { Section } from "../../ui/section";
import { Age, ShortTime } from "../../ui/time";
import { nodes } from "./api";

const words = text.operations.nodes;

export function placeOf({ host, port }: Node): string {
  return `${host}:${String(port)}`;
}

export function Nodes(): ReactElement | null {
  const { data, error, refetch } = useQuery(nodes);
  if (data === undefined ? error === null : !data.told) return null; // nothing of it is drawn before it is told
  return (
    <Section title={words.title} count={data && words.count(data.nodes.length)} asOf>
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
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

/** What is wrong with its clock; less than a second is nothing. */
function clock(ahead: number): string | null {
  if (ahead === 0) return null;
  return ahead > 0 ? words.ahead(duration(ahead * 1_000)) : words.behind(duration(-ahead * 1_000));
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
        clock(node.clock_ahead_seconds),
      ]}
    />
  );
}
