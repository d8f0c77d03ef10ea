import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import type { Me } from "../../lib/types";
import { Facts } from "../../ui/facts";
import { Link } from "../../ui/link";
import { Section } from "../../ui/section";
import { serverVersion } from "./api";
import { Colours, Language, SingleKeys, Zone } from "./looks";
import { Notices, Sound } from "./alerts";
import classes from "./page.module.css";

/** What somebody chooses for themselves, and for this browser. */
export function SettingsView({ me }: { me: Me }): ReactElement {
  const mayStart = useMay("settings.manage");
  return (
    <div className={classes.view}>
      <Section title={text.settings.title} count={text.settings.kept}>
        <Language />
        <Colours />
        <Zone />
      </Section>
      <Section title={text.settings.here} count={text.settings.hereNote}>
        <Sound />
        <Notices />
        <SingleKeys />
      </Section>
      {mayStart && (
        <Section title={text.start.title} aside={<Link to={{ view: "start", open: null }}>{text.start.open}</Link>}>
          <p className={classes.note}>{text.start.again}</p>
        </Section>
      )}
      <Section title={text.settings.about}>
        <div className={classes.about}>
          <About me={me} />
        </div>
      </Section>
    </div>
  );
}

function About({ me }: { me: Me }): ReactElement {
  const { data: version = null } = useQuery({ ...serverVersion, enabled: me.rights.includes("health.read") });
  return (
    <Facts
      facts={[
        { name: text.settings.version, value: version },
        { name: text.settings.project, value: me.project?.name ?? null },
        { name: text.settings.signedIn, value: me.actor.email ?? me.actor.name },
        { name: text.settings.doors, value: <code>{me.webhook_base_url ?? window.location.origin}</code> },
      ]}
    />
  );
}
