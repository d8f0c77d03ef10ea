import type { ReactElement } from "react";
import { InboxSection } from "../features/inbox/page";
import type { Me } from "../lib/types";

export function InboxPage({ me }: { me: Me }): ReactElement {
  return <InboxSection mayReplay={me.rights.includes("events.replay")} />;
}
