import type { CSSProperties, ReactElement, ReactNode } from "react";
import classes from "./drawn.module.css";
import { PATHS, PEN } from "./icon_paths";
import type { IconName } from "./icon_paths";

type DrawnProps = { icon: IconName; className?: string | undefined; title?: string; children: ReactNode };

/** The drawing as a shape that is filled with the colour of the words. */
function shapeOf(name: IconName): CSSProperties {
  const pen = `fill="${PEN.fill}" stroke="#000" stroke-width="${PEN.strokeWidth}" stroke-linecap="${PEN.strokeLinecap}" stroke-linejoin="${PEN.strokeLinejoin}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" ${pen}><path d="${PATHS[name]}"/></svg>`;
  return { "--shape": `url("data:image/svg+xml,${encodeURIComponent(svg)}")` } as CSSProperties;
}

/** Words with an icon before them, all in one element: for what is drawn many times at once. */
export function Drawn({ icon, className, title, children }: DrawnProps): ReactElement {
  return (
    <span className={[classes.drawn, className].join(" ")} style={shapeOf(icon)} title={title}>
      {children}
    </span>
  );
}
