import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import type { Me } from "../../lib/types";
import { Section } from "../../ui/section";
import { doors } from "./api";
import { Addresses } from "./addresses";
import { DemoCalls } from "./demo";
import { FirstEvent } from "./first_event";
import classes from "./page.module.css";
import { ThisServer } from "./server";

const words = text.start;

/** From an empty installation to the first call: what must hold here, what to paste where, and whether it works. */
export function StartView({ me }: { me: Me }): ReactElement {
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
          <ThisServer base={base} features={me.features} doors={knocked} />
        </Section>
        <Section title={words.twilio.title}>
          <Addresses base={base} />
        </Section>
      </div>
      <div className={classes.column}>
        <Section title={words.first.title}>
          <FirstEvent base={base} doors={knocked} />
        </Section>
        <Section title={words.demo.title}>
          <DemoCalls isDemo={me.features.demo_calls} />
        </Section>
      </div>
    </div>
  );
}
