import type { ReactElement } from "react";
import type { Look, Shape } from "../lib/look";
import classes from "./mark.module.css";

const SHAPES: Record<Shape, ReactElement> = {
  ring: <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2" />,
  dots: <path d="M3 8h0M8 8h0M13 8h0" fill="none" stroke="currentColor" strokeWidth="3.4" strokeLinecap="round" />,
  waves: (
    <>
      <path d="M7 8a1 1 0 1 0 2 0 1 1 0 1 0-2 0M4.6 4.6a4.8 4.8 0 0 0 0 6.8M11.4 4.6a4.8 4.8 0 0 1 0 6.8" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      <path d="M2.2 2.2a8.2 8.2 0 0 0 0 11.6M13.8 2.2a8.2 8.2 0 0 1 0 11.6" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" opacity="0.55" />
    </>
  ),
  disc: <circle cx="8" cy="8" r="5.5" fill="currentColor" />,
  check: <path d="M3 8.6 6.5 12 13 4.6" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round" />,
  minus: (
    <g>
      <circle cx="8" cy="8" r="6.5" fill="currentColor" />
      <path d="M5 8h6" stroke="var(--surface)" strokeWidth="2" strokeLinecap="round" />
    </g>
  ),
  missed: <path d="M2.5 5 8 10.5l5.5-5.5M2.5 9.2V5h4.2" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />,
  cross: <path d="m4 4 8 8m0-8-8 8" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />,
  paused: <path d="M5.5 3.5v9M10.5 3.5v9" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" />,
  alert: (
    <g>
      <path d="M8 1.8 15 14H1L8 1.8Z" fill="currentColor" stroke="currentColor" strokeWidth="1" strokeLinejoin="round" />
      <path d="M8 6v3.6M8 11.8v.2" stroke="var(--surface)" strokeWidth="1.7" strokeLinecap="round" />
    </g>
  ),
};

/** A state as shape, colour and word. */
export function Mark({ look, moving = false }: { look: Look; moving?: boolean }): ReactElement {
  return (
    <span className={classes.mark} data-tone={look.tone} data-moving={moving || undefined}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        {SHAPES[look.shape]}
      </svg>
      {look.word}
    </span>
  );
}
