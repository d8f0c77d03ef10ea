// The drawings that stand beside words, in a square of 16, all with one pen.
import type { SVGProps } from "react";

export const PATHS = {
  in: "M12 4 4.5 11.5M4.5 5.5v6h6",
  out: "m4 12 7.5-7.5M5.5 4.5h6v6",
  both: "M2.5 8h11M5 5 2 8l3 3M11 5l3 3-3 3",
  around: "M8 2.5a5.5 5.5 0 1 0 5.5 5.5M13.5 3v5h-5",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1v1.4M8 13.6V15M1 8h1.4M13.6 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  moon: "M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1Z",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  check: "M3 8.6 6.5 12 13 4.6",
  arrow: "M3 8h10M9.5 4.5 13 8l-3.5 3.5",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.4 10.4l3.1 3.1",
  leave: "M6 2.5H2.5v11H6M6 8h8M10.5 4.5 14 8l-3.5 3.5",
  play: "M5 3v10l7.5-5Z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  download: "M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10",
  down: "M4 6l4 4 4-4",
  replay: "M3 8a5 5 0 1 0 1.6-3.7M3 2.5v3h3",
} as const;

export type IconName = keyof typeof PATHS;

export const PEN = { fill: "none", strokeWidth: "1.6", strokeLinecap: "round", strokeLinejoin: "round" } as const satisfies SVGProps<SVGSVGElement>;
