import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { isSignedOut } from "../lib/api";
import type { Feed } from "../lib/feed";
import { FailedFace, LoadingFace } from "../ui/faces";
import { me, useSignedOut } from "./session";
import { Shell } from "./shell";
import classes from "./shell.module.css";
import { SignedOut } from "./signed_out";

/** Who are you? Then the page. */
export function App({ feed }: { feed: Feed }): ReactElement {
  const { data, error, refetch } = useQuery(me);
  if (useSignedOut() || isSignedOut(error)) return <SignedOut />;
  if (data !== undefined) return <Shell me={data} feed={feed} />;
  return (
    <main className={classes.alone}>
      {error === null ? <LoadingFace rows={3} /> : <FailedFace error={error} retry={() => void refetch()} />}
    </main>
  );
}
