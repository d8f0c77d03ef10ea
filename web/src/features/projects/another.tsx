import { Button } from "@mantine/core";
import { useState } from "react";
import type { ReactElement } from "react";
import { useMay } from "../../lib/me";
import { connectionWords } from "../../lib/connection_words";
import { EmptyFace } from "../../ui/faces";
import { Section } from "../../ui/section";
import { MakeProject } from "./make_project";

const words = connectionWords.another;

/** What another project is good for, to who may make one. */
export function AnotherProject(): ReactElement | null {
  const [isMaking, setMaking] = useState(false);
  if (!useMay("projects.create")) return null;
  const make = (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        setMaking(true);
      }}
    >
      {words.make}
    </Button>
  );
  return (
    <Section title={words.title} aside={make}>
      <EmptyFace title={words.apart}>{words.apartBody}</EmptyFace>
      {isMaking && (
        <MakeProject
          onClose={() => {
            setMaking(false);
          }}
        />
      )}
    </Section>
  );
}
