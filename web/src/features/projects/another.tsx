import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { useMay } from "../../lib/me";
import { connectionWords } from "../../lib/connection_words";
import { useSheet } from "../../lib/sheet";
import { EmptyFace } from "../../ui/faces";
import { Section } from "../../ui/section";

const words = connectionWords.another;

/** What another project is good for, to who may make one. */
export function AnotherProject(): ReactElement | null {
  const { open } = useSheet("project"); // the shell shows it
  if (!useMay("projects.create")) return null;
  const make = (
    <Button size="xs" variant="default" onClick={open}>
      {words.make}
    </Button>
  );
  return (
    <Section title={words.title} aside={make}>
      <EmptyFace title={words.apart}>{words.apartBody}</EmptyFace>
    </Section>
  );
}
