import { Suspense, lazy, useState } from "react";
import type { ReactElement } from "react";
import { usePlace } from "../../lib/location";
import { text } from "../../lib/text";
import { LoadingFace } from "../../ui/faces";
import { Fed } from "../../ui/stale";
import { LIST, partsOf } from "./api";
import { useFilter } from "./filter";
import { FilterBar } from "./filter_bar";
import { ConversationList } from "./list";
import classes from "./page.module.css";

const Conversation = lazy(() => import("./conversation").then((module) => ({ default: module.Conversation })));

/** All calls: the conversations, and beside them the one that is open. In a hand, one or the other. */
export function ConversationsView(): ReactElement {
  const filter = useFilter();
  const { open } = usePlace();
  const key = JSON.stringify(filter);
  const [first] = useState({ open, key });
  const from = key === first.key && open === first.open ? open : null; // what a link led to: the list begins there, as long as it is open
  return (
    <div className={classes.view} data-open={open !== null || undefined}>
      <div className={classes.bar}>
        <FilterBar filter={filter} />
      </div>
      <section className={classes.list} aria-label={text.conversations.list}>
        <Fed keys={[LIST]}>
          <ConversationList key={key} filter={filter} from={from} />
        </Fed>
      </section>
      <section className={classes.open} aria-label={text.conversations.detail}>
        {open === null ? (
          <p className={classes.nothing}>{text.conversations.choose}</p>
        ) : (
          <Fed keys={partsOf(open)}>
            <Suspense fallback={<LoadingFace rows={6} />}>
              <Conversation key={open} id={open} />
            </Suspense>
          </Fed>
        )}
      </section>
    </div>
  );
}
