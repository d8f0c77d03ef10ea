import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { CopyLine } from "../../ui/copy_line";
import { Link } from "../../ui/link";
import { Trouble } from "../../ui/trouble";
import { makeDemoCalls } from "./api";
import classes from "./page.module.css";

const words = text.start.demo;

/** Calls to look at: a button where there is a sandbox, else how to have one beside this installation. */
export function DemoCalls({ isDemo }: { isDemo: boolean }): ReactElement {
  return <div className={classes.demo}>{isDemo ? <Make /> : <Elsewhere />}</div>;
}

function Make(): ReactElement {
  const { mutate, isPending, isSuccess, error } = useMutation({ mutationFn: makeDemoCalls });
  const make = (): void => {
    mutate();
  };
  return (
    <>
      <p>{words.here}</p>
      <div className={classes.ways}>
        <Button size="xs" loading={isPending} onClick={make}>
          {words.make}
        </Button>
        {isSuccess && (
          <p role="status">
            {words.made} <Link to={{ view: null, open: null }}>{text.start.first.openLive}</Link>
          </p>
        )}
      </div>
      {error !== null && <Trouble error={error} />}
    </>
  );
}

function Elsewhere(): ReactElement {
  return (
    <>
      <p>{words.elsewhere}</p>
      <CopyLine label={words.command} value="make demo" />
    </>
  );
}
