import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { number } from "../../lib/format";
import { connectionWords } from "../../lib/connection_words";
import type { Quota } from "../../lib/types";
import { Dialog } from "../../ui/dialog";
import { Answers, Field, Form } from "../../ui/form";
import { Trouble } from "../../ui/trouble";
import { chooseQuota, showQuotas } from "./api";

const words = connectionWords.quotas;

/** Less of one thing than the project may have; as much as it may takes the choice back. */
export function ChooseQuota({ quota: { name, value, most, chosen }, onClose }: { quota: Quota; onClose: () => void }): ReactElement {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: chooseQuota,
    onSuccess: async (now) => {
      await showQuotas(client, now);
      onClose();
    },
  });
  return (
    <Dialog title={words.names[name].name} onClose={onClose}>
      <Form
        inDialog
        onSend={(values) => {
          const wanted = Number(values["value"]);
          mutate({ name, value: wanted < most ? wanted : null });
        }}
      >
        <Field label={words.most} note={words.mostNote(number(most))} name="value" type="number" inputMode="numeric" min={1} max={most} step={1} defaultValue={value} required data-autofocus />
        {error !== null && <Trouble error={error} />}
        <Answers>
          {chosen !== null && (
            <Button
              variant="default"
              disabled={isPending}
              onClick={() => {
                mutate({ name, value: null });
              }}
            >
              {words.takeBack}
            </Button>
          )}
          <Button type="submit" loading={isPending}>
            {words.save}
          </Button>
        </Answers>
      </Form>
    </Dialog>
  );
}
