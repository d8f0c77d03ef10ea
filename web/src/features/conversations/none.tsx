import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { EmptyFace } from "../../ui/faces";
import { Link } from "../../ui/link";

/** Nobody has called yet; how that comes to be, where it is the whole view. */
export function NoConversations({ leads = false }: { leads?: boolean }): ReactElement {
  return (
    <EmptyFace title={text.conversations.none}>
      <p>{text.conversations.noneBody}</p>
      {leads && (
        <p>
          <Link to={{ view: "start", open: null }}>{text.start.title}</Link>
        </p>
      )}
    </EmptyFace>
  );
}
