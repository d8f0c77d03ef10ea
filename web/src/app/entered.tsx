import { useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useEffect } from "react";
import type { ReactElement } from "react";
import type { Feed } from "../lib/feed";
import { adjustTo, placeNow } from "../lib/location";
import { Rights, projects } from "../lib/me";
import { AUTO, choose, isLanguage, languageCode } from "../lib/preferences";
import { belongTo } from "../lib/project";
import { isScheme } from "../lib/scheme";
import { text } from "../lib/text";
import type { Me } from "../lib/types";
import { Shell } from "./shell";

const NoInterface = lazy(() => import("./outside").then((module) => ({ default: module.NoInterface })));

/** What the account says of language, colours and clocks wins over what this browser knew. */
function useOwnLooks({ language, theme, time_zone: zone }: Me["actor"]): void {
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => {
    choose("zone", zone ?? AUTO);
  }, [zone]);
  useEffect(() => {
    if (isScheme(theme)) setColorScheme(theme);
  }, [theme, setColorScheme]);
  useEffect(() => {
    // The words are loaded once, with the page.
    if (isLanguage(language) && choose("language", language) && languageCode() !== text.locale) window.location.reload();
  }, [language]);
}

/** Where there are several, the address says which project it is. */
function useProjectInAddress(project: string | undefined): void {
  const { data } = useQuery(projects);
  const several = (data?.length ?? 0) > 1;
  useEffect(() => {
    if (several && project !== undefined && placeNow().project !== project) adjustTo({ project });
  }, [several, project]);
}

/** Somebody who is signed in: the page, as far as their role has one. */
export function Entered({ me, feed }: { me: Me; feed: Feed }): ReactElement {
  belongTo({ project: me.project?.id ?? null, person: me.actor.id });
  useOwnLooks(me.actor);
  useProjectInAddress(me.project?.id);
  const mayEnter = me.project !== null && me.rights.includes("app.use");
  return (
    <Rights value={me.rights}>
      {mayEnter ? (
        <Shell me={me} feed={feed} />
      ) : (
        <Suspense fallback={null}>
          <NoInterface hasProject={me.project !== null} />
        </Suspense>
      )}
    </Rights>
  );
}
