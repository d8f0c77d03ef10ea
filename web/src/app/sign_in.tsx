import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { postJson } from "../lib/api";
import { text } from "../lib/text";
import type { Credentials, Tokens } from "../lib/types";
import { Field, Form, PasswordField } from "../ui/form";
import { Trouble } from "../ui/trouble";
import { Door } from "./door";
import classes from "./door.module.css";

const words = text.door.signIn;

/** By the status of the answer. Of an account that is switched off the server says no more than of a wrong password. */
const SAYS = { 401: [words.wrong, words.wrongFix], 429: [words.throttled] };

/** Asks for address and password, where one wanted to go: the address of the page stays. */
export function SignIn(): ReactElement {
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: (who: Credentials) => postJson<Tokens>("/auth/login", who),
    onSuccess: () => {
      window.location.reload();
    },
  });
  return (
    <Door title={words.title} body={words.body}>
      <Form
        onSend={({ email = "", password = "" }) => {
          mutate({ email, password });
        }}
      >
        <Field label={text.door.email} name="email" type="email" autoComplete="username" required maxLength={254} />
        <PasswordField label={text.door.password} name="password" autoComplete="current-password" />
        {error !== null && <Trouble error={error} says={SAYS} />}
        <Button type="submit" loading={isPending || isSuccess}>
          {words.submit}
        </Button>
      </Form>
      <OneTimeLink />
    </Door>
  );
}

/** Where who has no password finds the way in. */
function OneTimeLink(): ReactElement {
  return (
    <details className={classes.link}>
      <summary>{words.link}</summary>
      <p>{words.linkBody}</p>
      <code>{words.linkExample(window.location.origin)}</code>
      <p>{words.linkUsed}</p>
      <code>{words.linkCommand}</code>
    </details>
  );
}
