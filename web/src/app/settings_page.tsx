import { Suspense, useEffect, useRef } from "react";
import type { ReactElement } from "react";
import { usePlace } from "../lib/location";
import { text } from "../lib/text";
import { useTitle } from "../lib/title";
import type { Me } from "../lib/types";
import { Boundary } from "../ui/boundary";
import { LoadingFace, MayNot } from "../ui/faces";
import { Link } from "../ui/link";
import { mayOpen } from "./routes";
import { NO_FILTER, sections } from "./sections";
import classes from "./settings_page.module.css";

/** What can be set: of this browser, of the account, of the project and of the organisation. */
export function SettingsPage({ me }: { me: Me }): ReactElement {
  const { open } = usePlace();
  const section = sections.find((known) => known.open === open) ?? sections[0];
  useTitle("room", section.label);
  const View = section.component;
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [section]);
  return (
    <div className={classes.settings}>
      <nav ref={nav} className={classes.nav} aria-label={text.sections.label}>
        {sections
          .filter((each) => mayOpen(each, me.rights))
          .map((each) => (
            <Link key={each.label} to={{ view: "settings", open: each.open, ...NO_FILTER }} current={each === section}>
              {each.label}
            </Link>
          ))}
      </nav>
      <Boundary of={section.label}>
        <Suspense fallback={<LoadingFace rows={6} />}>{mayOpen(section, me.rights) ? <View me={me} /> : <MayNot right={section.needs} />}</Suspense>
      </Boundary>
    </div>
  );
}
