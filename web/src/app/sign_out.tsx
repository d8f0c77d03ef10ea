import { ActionIcon } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { postJson } from "../lib/api";
import { text } from "../lib/text";
import { Icon } from "../ui/icon";
import { endSession } from "./session";

export function SignOut(): ReactElement {
  const { mutate, isPending } = useMutation({
    mutationFn: () => postJson<undefined>("/auth/logout"),
    onSuccess: endSession,
  });
  const signOut = (): void => {
    mutate();
  };
  return (
    <ActionIcon variant="default" size="lg" loading={isPending} onClick={signOut} aria-label={text.account.signOut} title={text.account.signOut}>
      <Icon name="leave" />
    </ActionIcon>
  );
}
