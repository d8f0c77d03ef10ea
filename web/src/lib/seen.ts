type Extent = { top: number; bottom: number };

/** From where to where, in the window, something of `element` can be seen: what it scrolls in may show less than that. */
export function seenPart(element: Element | null): Extent {
  const seen = { top: 0, bottom: window.innerHeight };
  for (let around = element; around !== null; around = around.parentElement) {
    if (getComputedStyle(around).overflowY !== "auto") continue;
    const { top, bottom } = around.getBoundingClientRect();
    seen.top = Math.max(seen.top, top);
    seen.bottom = Math.min(seen.bottom, bottom);
  }
  return seen;
}
