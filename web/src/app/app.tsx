import { VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";
import type { ReactElement } from "react";
import { ApiError, isSignedOut } from "../lib/api";
import type { Feed } from "../lib/feed";
import { me } from "../lib/me";
import { text } from "../lib/text";
import { FailedFace, LoadingFace } from "../ui/faces";
import { Entered } from "./entered";
import { useSignedOut } from "./session";
import classes from "./shell.module.css";

const SignIn = lazy(() => import("./sign_in").then((module) => ({ default: module.SignIn })));
const NoSuchProject = lazy(() => import("./outside").then((module) => ({ default: module.NoSuchProject })));

const NOT_FOUND = 404;

/** Who are you, and in which project? Then the page. */
export function App({ feed }: { feed: Feed }): ReactElement {
  const { data, error, refetch } = useQuery(me);
  const isOut = useSignedOut() || isSignedOut(error);
  if (!isOut && data !== undefined) return <Entered me={data} feed={feed} />;
  const isForeign = error instanceof ApiError && error.status === NOT_FOUND;
  return (
    <Suspense fallback={null}>
      {isOut && <SignIn />}
      {!isOut && isForeign && <NoSuchProject />}
      {!isOut && !isForeign && (
        <main className={classes.alone}>
          <VisuallyHidden component="h1">{text.product}</VisuallyHidden>
          {error === null ? <LoadingFace rows={3} /> : <FailedFace error={error} retry={() => void refetch()} />}
        </main>
      )}
    </Suspense>
  );
}
