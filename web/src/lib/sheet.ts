// A sheet over the page that the address names: it survives a reload, and the way back leads to it.
import { goTo, usePlace } from "./location";

type SheetState = { isOpen: boolean; open: () => void; close: () => void };

export function closeSheet(): void {
  goTo({ sheet: null });
}

export function useSheet(name: string): SheetState {
  const { sheet } = usePlace();
  return {
    isOpen: sheet === name,
    open: () => {
      goTo({ sheet: name });
    },
    close: closeSheet,
  };
}
