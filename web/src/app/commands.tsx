import { Suspense, lazy, useCallback, useEffect, useState } from "react";
import type { ReactElement } from "react";
import { useCommandKey, useKeys } from "../lib/keys";
import { goTo, placeNow, usePlace } from "../lib/location";
import type { Place } from "../lib/location";
import type { Me } from "../lib/types";
import { Boundary } from "../ui/boundary";
import { Floating } from "../ui/floating";

/** Those that the address names; the palette is over whatever is there. */
const NAMED = ["keys", "project"] as const;
export type Sheet = "palette" | (typeof NAMED)[number];
type CommandsState = { sheet: Sheet | null; show: (sheet: Sheet | null) => void };

const loadPalette = () => import("./palette").then((module) => ({ default: module.Palette }));
const Palette = lazy(loadPalette);
const KeySheet = lazy(() => import("./key_sheet").then((module) => ({ default: module.KeySheet })));
const MakeProject = lazy(() => import("../features/projects/make_project").then((module) => ({ default: module.MakeProject })));

function namedNow(place: Place): Sheet | null {
  return NAMED.find((name) => name === place.sheet) ?? null;
}

function go(view: string | null, open: string | null = null): () => void {
  return () => {
    goTo({ view, open });
  };
}

/** Fetches the palette when there is nothing else to do, so that it is there at once, and also while the network is not. */
function useFetched(isTime: boolean): void {
  useEffect(() => {
    const { requestIdleCallback: whenIdle } = window as { requestIdleCallback?: Window["requestIdleCallback"] };
    if (isTime) whenIdle?.(() => void loadPalette().catch(() => undefined)); // who opens it is told what is wrong
  }, [isTime]);
}

/** Which sheet is open, and the keys that work everywhere. */
export function useCommands(hasData: boolean): CommandsState {
  const [isPalette, setPalette] = useState(false);
  const named = namedNow(usePlace());
  useFetched(hasData);
  const show = useCallback((sheet: Sheet | null) => {
    setPalette(sheet === "palette");
    if (sheet !== "palette" && sheet !== namedNow(placeNow())) goTo({ sheet });
  }, []);
  const palette = useCallback(() => {
    show("palette");
  }, [show]);
  useCommandKey(palette);
  useKeys({
    "g l": go(null),
    "g c": go("calls"),
    "g i": go("inbox"),
    "g o": go("operations"),
    "g s": go("settings"),
    "g a": go("settings", "account"),
    "?": () => {
      show("keys");
    },
  });
  return { sheet: isPalette ? "palette" : named, show };
}

/** The sheet that is open over the page. */
export function Commands({ me, sheet, show }: CommandsState & { me: Me }): ReactElement {
  const close = (): void => {
    show(null);
  };
  return (
    <Boundary of={sheet} frame={(face) => <Floating onClose={close}>{face}</Floating>}>
      <Suspense fallback={null}>
        {sheet === "palette" && <Palette me={me} show={show} />}
        {sheet === "project" && <MakeProject onClose={close} />}
        {sheet === "keys" && <KeySheet onClose={close} />}
      </Suspense>
    </Boundary>
  );
}
