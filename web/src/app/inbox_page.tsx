import type { ReactElement } from "react";
import { InboxView } from "../features/inbox/page";
import type { Me } from "../lib/types";

export function InboxPage({ me }: { me: Me }): ReactElement {
  return <InboxView mayReplay={me.rights.includes("events.replay")} />;
}
