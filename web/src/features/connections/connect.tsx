import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { connectionWords } from "../../lib/connection_words";
import type { Connection } from "../../lib/types";
import { Dialog } from "../../ui/dialog";
import { Answers, Field, Form } from "../../ui/form";
import { Trouble } from "../../ui/trouble";
import { connect, connections } from "./api";

const words = connectionWords;

/** Account SIDs of Twilio. */
const SID = "AC[0-9a-fA-F]{32}";

type ConnectProps = { /** Whose tokens are changed; undefined: another one is connected. */ known?: Connection; onClose: () => void };

/** Asks for an account and its tokens, which are not shown again. */
export function Connect({ known, onClose }: ConnectProps): ReactElement {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: connect,
    onSuccess: () => {
      void client.invalidateQueries(connections);
      onClose();
    },
  });
  return (
    <Dialog title={known === undefined ? words.connectTitle : words.changeTitle(known.account)} onClose={onClose}>
      <Form
        inDialog
        onSend={({ account = "", secret = "", secondary = "" }) => {
          mutate({ provider: "twilio", account: known?.account ?? account.trim(), secrets: { secret: secret.trim(), secondary_secret: secondary.trim() } });
        }}
      >
        {known === undefined && (
          <Field label={words.account} name="account" note={words.accountNote} autoComplete="off" spellCheck={false} required pattern={`\\s*${SID}\\s*`} data-autofocus />
        )}
        <Secret label={words.secret} name="secret" note={words.secretNote} required data-autofocus={known !== undefined || undefined} />
        <Secret label={words.secondary} name="secondary" note={words.secondaryNote} />
        {error !== null && <Trouble error={error} />}
        <Answers>
          <Button type="submit" loading={isPending}>
            {known === undefined ? words.connectSubmit : words.changeSubmit}
          </Button>
        </Answers>
      </Form>
    </Dialog>
  );
}

/** No password of the person: the browser is not to offer one, nor to keep this. */
function Secret(props: Parameters<typeof Field>[0]): ReactElement {
  return <Field {...props} type="password" autoComplete="new-password" spellCheck={false} maxLength={512} />;
}
