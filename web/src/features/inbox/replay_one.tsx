import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { Icon } from "../../ui/icon";
import { lookAgain, replayOne } from "./api";

/** Puts one received webhook back into the queue. */
export function ReplayOne({ id }: { id: string }): ReactElement {
  const client = useQueryClient();
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: () => replayOne(id),
    onSettled: () => lookAgain(client),
  });
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<Icon name="replay" size={14} />}
      loading={isPending}
      aria-label={text.inbox.replayLabel(id)}
      title={error?.message}
      onClick={() => {
        mutate();
      }}
    >
      {isSuccess ? text.inbox.replayed : text.inbox.replay}
    </Button>
  );
}
