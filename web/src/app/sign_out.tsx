import { ActionIcon } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { postJson } from "../lib/api";
import { text } from "../lib/text";
import { Icon } from "../ui/icon";
import { endSession } from "./session";

type SigningOut = { signOut: () => void; isPending: boolean };

export function useSignOut(): SigningOut {
  const { mutate, isPending } = useMutation({
    mutationFn: () => postJson<undefined>("/auth/logout"),
    onSuccess: endSession,
  });
  return {
    signOut: () => {
      mutate();
    },
    isPending,
  };
}

export function SignOut(): ReactElement {
  const { signOut, isPending } = useSignOut();
  return (
    <ActionIcon variant="default" size="lg" loading={isPending} onClick={signOut} aria-label={text.account.signOut} title={text.account.signOut}>
      <Icon name="leave" />
    </ActionIcon>
  );
}
