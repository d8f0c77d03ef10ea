import { Fragment } from "react";
import type { ReactElement } from "react";
import { useChosen } from "../lib/preferences";
import { text } from "../lib/text";
import { Dialog } from "../ui/dialog";
import classes from "./commands.module.css";

/** Which key does what. */
export function KeySheet({ onClose }: { onClose: () => void }): ReactElement {
  return (
    <Dialog title={text.keys.title} onClose={onClose}>
      {useChosen("keys") === "off" && <p className={classes.note}>{text.keys.off}</p>}
      <dl className={classes.keys}>
        {text.keys.list.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key, i) => (
                <Fragment key={key}>
                  {i > 0 && <span>{text.keys.then}</span>}
                  <kbd>{key}</kbd>
                </Fragment>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
