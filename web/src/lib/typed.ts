import { useEffect, useState } from "react";
import { adjustTo } from "./location";

/**
 * What is typed into a search field goes into the address a moment after the last key. Until then it is the text
 * of the field; null: what the address says is.
 */
export function useTyped(name: "q" | "actor", ms: number): [string | null, (text: string) => void] {
  const [typed, setTyped] = useState<string | null>(null);
  useEffect(() => {
    if (typed === null) return;
    const seek = (): void => {
      adjustTo({ [name]: typed === "" ? null : typed });
      setTyped(null);
    };
    const timer = setTimeout(seek, ms);
    return () => {
      clearTimeout(timer);
    };
  }, [typed, name, ms]);
  return [typed, setTyped];
}
