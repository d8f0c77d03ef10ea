import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { peopleWords } from "../../lib/people_words";
import type { Me, UserWithLink } from "../../lib/types";
import { Dialog } from "../../ui/dialog";
import { Answers, Field, Form } from "../../ui/form";
import { Trouble } from "../../ui/trouble";
import { invite, users } from "./api";
import { GrantFields, grantOf } from "./grant_fields";
import { LinkShown } from "./link_shown";

const words = peopleWords.people;
const SAYS = { 403: [words.beyond] };

/** Asks whom, and with which role; then shows the link by which they come in. */
export function Invite({ me, onClose }: { me: Me; onClose: () => void }): ReactElement {
  const client = useQueryClient();
  const { data, mutate, isPending, error } = useMutation({
    mutationFn: invite,
    onSuccess: () => client.invalidateQueries(users),
  });
  if (data !== undefined) return <Invited invited={data} onClose={onClose} />;
  return (
    <Dialog title={words.invite} onClose={onClose}>
      <Form
        inDialog
        onSend={({ email = "", name = "", ...grant }) => {
          mutate({ email, name, ...grantOf(grant) });
        }}
      >
        <Field label={words.email} name="email" type="email" autoComplete="off" required maxLength={254} data-autofocus />
        <Field label={words.name} name="name" autoComplete="off" maxLength={100} />
        <GrantFields me={me} />
        {error !== null && <Trouble error={error} says={SAYS} />}
        <Answers>
          <Button type="submit" loading={isPending}>
            {words.inviteSubmit}
          </Button>
        </Answers>
      </Form>
    </Dialog>
  );
}

function Invited({ invited: { user, link_token: token }, onClose }: { invited: UserWithLink; onClose: () => void }): ReactElement {
  return (
    <Dialog title={words.linkTitle} onClose={onClose}>
      <LinkShown person={user} token={token} onDone={onClose} />
    </Dialog>
  );
}
