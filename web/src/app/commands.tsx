import { Suspense, lazy, useCallback, useEffect, useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { useCommandKey, useKeys } from "../lib/keys";
import { goTo, placeNow, usePlace } from "../lib/location";
import type { Place } from "../lib/location";
import { closeSheet } from "../lib/sheet";
import type { Me } from "../lib/types";
import { Boundary } from "../ui/boundary";
import { Floating } from "../ui/floating";

/** Those that the address names; the palette is over whatever is there. */
const NAMED = ["keys", "project"] as const;
type Named = (typeof NAMED)[number];
export type Sheet = "palette" | Named;
type CommandsState = { isPalette: boolean; named: Named | null; show: (sheet: Sheet | null) => void };

const loadPalette = () => import("./palette").then((module) => ({ default: module.Palette }));
const Palette = lazy(loadPalette);
const KeySheet = lazy(() => import("./key_sheet").then((module) => ({ default: module.KeySheet })));
const MakeProject = lazy(() => import("../features/projects/make_project").then((module) => ({ default: module.MakeProject })));

function namedNow(place: Place): Named | null {
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

/** Which sheets are open, how one is shown, or the palette put away, and the keys that work everywhere. */
export function useCommands(hasData: boolean): CommandsState {
  const [isPalette, setPalette] = useState(false);
  const named = namedNow(usePlace());
  useFetched(hasData);
  const show = useCallback((sheet: Sheet | null) => {
    setPalette(sheet === "palette");
    if (sheet !== null && sheet !== "palette" && sheet !== namedNow(placeNow())) goTo({ sheet });
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
  return { isPalette, named, show };
}

type LayerProps = { of: string; onClose: () => void; children: ReactNode };

function Layer({ of, onClose, children }: LayerProps): ReactElement {
  return (
    <Boundary of={of} frame={(face) => <Floating onClose={onClose}>{face}</Floating>}>
      <Suspense fallback={null}>{children}</Suspense>
    </Boundary>
  );
}

/** The sheet that is open over the page, and the palette over it. */
export function Commands({ me, isPalette, named, show }: CommandsState & { me: Me }): ReactElement {
  const close = (): void => {
    show(null);
  };
  return (
    <>
      {named !== null && (
        <Layer of={named} onClose={closeSheet}>
          {named === "project" && me.rights.includes("projects.create") && <MakeProject onClose={closeSheet} />}
          {named === "keys" && <KeySheet onClose={closeSheet} />}
        </Layer>
      )}
      {isPalette && (
        <Layer of="palette" onClose={close}>
          <Palette me={me} show={show} />
        </Layer>
      )}
    </>
  );
}
