import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { peopleWords } from "../../lib/people_words";
import { text } from "../../lib/text";
import { Form, PasswordField } from "../../ui/form";
import { Saved } from "../../ui/saved";
import { Trouble } from "../../ui/trouble";
import { changePassword, sessions } from "./api";

const words = peopleWords.mine;
const SAYS = { 403: [words.wrongCurrent], 429: [text.door.signIn.throttled] };

export function PasswordForm({ email }: { email: string }): ReactElement {
  const client = useQueryClient();
  /** The fields are empty again after each change. */
  const [nth, setNth] = useState(0);
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: changePassword,
    onSuccess: () => {
      setNth(nth + 1);
      return client.invalidateQueries(sessions);
    },
  });
  return (
    <Form
      key={nth}
      onSend={({ current = "", next = "" }) => {
        mutate({ new_password: next, ...(current !== "" && { current_password: current }) });
      }}
    >
      <input type="hidden" name="username" autoComplete="username" value={email} />
      <PasswordField label={words.current} name="current" autoComplete="current-password" required={false} note={words.currentNote} />
      <PasswordField label={words.next} name="next" autoComplete="new-password" minLength={10} note={text.door.passwordRule} />
      {error !== null && <Trouble error={error} says={SAYS} />}
      {isSuccess && <Saved>{words.changed}</Saved>}
      <div>
        <Button type="submit" variant="default" loading={isPending}>
          {words.passwordChange}
        </Button>
      </div>
    </Form>
  );
}
