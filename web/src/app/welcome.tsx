import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { ReactElement } from "react";
import { ApiError, postJson } from "../lib/api";
import { text } from "../lib/text";
import { welcomeWords } from "../lib/welcome_words";
import type { LinkAcceptance, LinkInfo, Tokens } from "../lib/types";
import { FailedFace, LoadingFace } from "../ui/faces";
import { Field, Form, PasswordField } from "../ui/form";
import { Trouble } from "../ui/trouble";
import { Door } from "./door";
import classes from "./door.module.css";

const words = welcomeWords;
const GONE = 404;
/** Of who has an account here already. */
const SAYS = { 401: [text.door.signIn.wrong, text.door.signIn.wrongFix], 429: [text.door.signIn.throttled] };

function isGone(error: Error | null): boolean {
  return error instanceof ApiError && error.status === GONE;
}

function toSignIn(): ReactElement {
  return <a href="/app/">{words.toSignIn}</a>;
}

/** Takes up an invitation, or sets another password, by the secret of a link. */
export function Welcome({ token }: { token: string | null }): ReactElement {
  // Another link that is opened in this page is taken out of its address, too.
  useEffect(() => {
    const again = (): void => {
      window.location.reload();
    };
    window.addEventListener("hashchange", again);
    return () => {
      window.removeEventListener("hashchange", again);
    };
  }, []);
  if (token !== null) return <OpenLink token={token} />;
  return (
    <Door title={words.lost} body={words.lostBody}>
      {toSignIn()}
    </Door>
  );
}

function OpenLink({ token }: { token: string }): ReactElement {
  const { data, error, refetch } = useQuery({
    queryKey: ["link", token],
    queryFn: () => postJson<LinkInfo>("/auth/link", { token }),
    staleTime: Infinity,
  });
  if (data !== undefined) return <Acceptance token={token} link={data} />;
  if (isGone(error)) return <Expired />;
  return (
    <main className={classes.door}>
      {error === null ? <LoadingFace rows={4} /> : <FailedFace error={error} retry={() => void refetch()} />}
    </main>
  );
}

function Expired(): ReactElement {
  return (
    <Door title={words.expired} body={words.expiredBody}>
      {toSignIn()}
    </Door>
  );
}

const TITLES = { invitation: [words.invitation, words.invitationBody], reset: [words.reset, words.resetBody] } as const;

function Acceptance({ token, link }: { token: string; link: LinkInfo }): ReactElement {
  const isNew = link.purpose === "invitation";
  const [title, body] = TITLES[link.purpose];
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: (taken: LinkAcceptance) => postJson<Tokens>("/auth/accept", taken),
    onSuccess: () => {
      window.location.replace("/app/");
    },
  });
  if (isGone(error)) return <Expired />;
  return (
    <Door title={title} body={body(link.email)}>
      <Form
        onSend={({ password = "", name = "" }) => {
          mutate({ token, password, ...(isNew && { name }) });
        }}
      >
        <input type="hidden" name="username" autoComplete="username" value={link.email} />
        {isNew && <Field label={words.name} name="name" autoComplete="name" maxLength={100} defaultValue={link.name === link.email ? "" : link.name} />}
        <PasswordField label={text.door.password} name="password" autoComplete="new-password" minLength={10} note={text.door.passwordRule} />
        {error !== null && <Trouble error={error} says={SAYS} />}
        <Button type="submit" loading={isPending || isSuccess}>
          {words.submit}
        </Button>
      </Form>
    </Door>
  );
}
