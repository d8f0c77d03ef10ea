import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { EmptyFace } from "../../ui/faces";

/** Nobody has called yet. */
export function NoConversations(): ReactElement {
  return (
    <EmptyFace title={text.conversations.none}>
      <p>{text.conversations.noneBody}</p>
    </EmptyFace>
  );
}
