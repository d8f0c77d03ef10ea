import type { ReactElement } from "react";
import { Accounts } from "../features/connections/accounts";
import { Check } from "../features/connections/check";
import { StartView } from "../features/start/page";
import { text } from "../lib/text";
import type { Me } from "../lib/types";

/** What a new project is led through, with the same parts as its settings. */
export function StartPage({ me }: { me: Me }): ReactElement {
  return <StartView me={me} accounts={<Accounts title={text.start.accounts} />} check={<Check me={me} title={text.start.check} />} />;
}
