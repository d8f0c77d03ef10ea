import { Suspense, lazy, useCallback, useState } from "react";
import type { ReactElement } from "react";
import { useCommandKey, useKeys } from "../lib/keys";
import { goTo } from "../lib/location";
import { Boundary } from "../ui/boundary";
import { Floating } from "../ui/floating";

export type Sheet = "palette" | "keys" | "project";
type CommandsState = { sheet: Sheet | null; show: (sheet: Sheet | null) => void };

const Palette = lazy(() => import("./palette").then((module) => ({ default: module.Palette })));
const KeySheet = lazy(() => import("./key_sheet").then((module) => ({ default: module.KeySheet })));
const MakeProject = lazy(() => import("../features/projects/make_project").then((module) => ({ default: module.MakeProject })));

function go(view: string | null, open: string | null = null): () => void {
  return () => {
    goTo({ view, open });
  };
}

/** Which sheet is open, and the keys that work everywhere. */
export function useCommands(): CommandsState {
  const [sheet, show] = useState<Sheet | null>(null);
  const palette = useCallback(() => {
    show("palette");
  }, []);
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
  return { sheet, show };
}

/** The sheet that is open over the page. */
export function Commands({ sheet, show }: CommandsState): ReactElement {
  const close = (): void => {
    show(null);
  };
  return (
    <Boundary of={sheet} frame={(face) => <Floating onClose={close}>{face}</Floating>}>
      <Suspense fallback={null}>
        {sheet === "palette" && <Palette show={show} />}
        {sheet === "project" && <MakeProject onClose={close} />}
        {sheet === "keys" && <KeySheet onClose={close} />}
      </Suspense>
    </Boundary>
  );
}
