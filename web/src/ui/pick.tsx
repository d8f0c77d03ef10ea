import type { ChangeEvent, ReactElement } from "react";
import classes from "./pick.module.css";

type PickProps = {
  label: string;
  isPicked: boolean;
  /** Some of what it stands for is. */
  isPartly?: boolean;
  onPick: (withShift: boolean) => void;
};

/** The box that puts a row into the selection. It is as high as the row, so that it is easily hit. */
export function Pick({ label, isPicked, isPartly = false, onPick }: PickProps): ReactElement {
  const mark = (box: HTMLInputElement | null): void => {
    if (box !== null) box.indeterminate = isPartly;
  };
  const change = (event: ChangeEvent<HTMLInputElement>): void => {
    onPick(event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey);
  };
  return (
    <label className={classes.pick}>
      <input ref={mark} type="checkbox" checked={isPicked} aria-label={label} onChange={change} />
    </label>
  );
}
