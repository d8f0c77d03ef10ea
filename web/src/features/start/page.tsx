import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { text } from "../../lib/text";
import type { Me } from "../../lib/types";
import { Section } from "../../ui/section";
import { Polled } from "../../ui/stale";
import { COME, doors } from "./api";
import { Addresses } from "./addresses";
import { DemoCalls } from "./demo";
import { FirstEvent } from "./first_event";
import classes from "./page.module.css";
import { ThisServer } from "./server";

const words = text.start;

type StartProps = {
  me: Me;
  /** Where the account is connected, and where it is asked whether all leads here. */
  accounts: ReactNode;
  check: ReactNode;
};

/** From an empty project to the first call: the account, what to paste where, whether it works, the first event. */
export function StartView({ me, accounts, check }: StartProps): ReactElement {
  const base = me.webhook_base_url ?? window.location.origin;
  const { data: knocked } = useQuery({ ...doors, enabled: me.rights.includes("health.read") });
  return (
    <div className={classes.view}>
      <header className={classes.intro}>
        <h2>{words.title}</h2>
        <p>{words.intro}</p>
      </header>
      <div className={classes.column}>
        <Section title={words.server.title}>
          <ThisServer base={base} features={me.features} />
        </Section>
        {accounts}
        <Section title={words.twilio.title}>
          <Addresses base={base} />
        </Section>
        {check}
      </div>
      <div className={classes.column}>
        <Polled keys={COME}>
          <Section title={words.first.title} asOf>
            <FirstEvent base={base} doors={knocked} />
          </Section>
        </Polled>
        <Section title={words.demo.title}>
          <DemoCalls isDemo={me.features.demo_calls} />
        </Section>
      </div>
    </div>
  );
}
