import type { ReactElement } from "react";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import { EmptyFace } from "../../ui/faces";
import { Link } from "../../ui/link";

/** Nobody has called yet; how that comes to be, where it is the whole view. */
export function NoConversations({ leads = false }: { leads?: boolean }): ReactElement {
  const mayStart = useMay("settings.manage");
  return (
    <EmptyFace title={text.conversations.none}>
      <p>{text.conversations.noneBody}</p>
      {leads && mayStart && (
        <p>
          <Link to={{ view: "start", open: null }}>{text.start.title}</Link>
        </p>
      )}
    </EmptyFace>
  );
}
