import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { goToProject } from "../../lib/go_to_project";
import { connectionWords } from "../../lib/connection_words";
import { Dialog } from "../../ui/dialog";
import { Answers, Field, Form } from "../../ui/form";
import { Trouble } from "../../ui/trouble";
import { makeProject } from "./api";

const words = connectionWords.another;

/** Asks for a name, and goes to where the new project is set up. */
export function MakeProject({ onClose }: { onClose: () => void }): ReactElement {
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: makeProject,
    onSuccess: ({ id }) => goToProject(id, "start"),
  });
  return (
    <Dialog title={words.make} onClose={onClose}>
      <Form
        inDialog
        onSend={({ name = "" }) => {
          mutate({ name });
        }}
      >
        <Field label={words.name} note={words.nameNote} name="name" autoComplete="off" required maxLength={100} data-autofocus />
        {error !== null && <Trouble error={error} />}
        <Answers>
          <Button type="submit" loading={isPending || isSuccess}>
            {words.submit}
          </Button>
        </Answers>
      </Form>
    </Dialog>
  );
}
