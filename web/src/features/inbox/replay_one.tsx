import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { Icon } from "../../ui/icon";
import { Trouble } from "../../ui/trouble";
import { lookAgain, replayOne } from "./api";
import classes from "./page.module.css";

/** Puts one received webhook back into the queue; says why it could not, and what to do about it. */
export function ReplayOne({ id }: { id: string }): ReactElement {
  const client = useQueryClient();
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: () => replayOne(id),
    onSettled: () => lookAgain(client),
  });
  return (
    <div className={classes.one}>
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon name="replay" size={14} />}
        loading={isPending}
        aria-label={text.inbox.replayLabel(id)}
        onClick={() => {
          mutate();
        }}
      >
        {isSuccess ? text.inbox.replayed : text.inbox.replay}
      </Button>
      {error !== null && <Trouble error={error} />}
    </div>
  );
}
