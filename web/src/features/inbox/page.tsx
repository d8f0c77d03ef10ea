import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import type { ReactElement } from "react";
import { goTo } from "../../lib/location";
import { useMay } from "../../lib/me";
import { useOffer } from "../../lib/offers";
import { text } from "../../lib/text";
import type { Reason } from "../../lib/types";
import { Icon } from "../../ui/icon";
import { Options } from "../../ui/options";
import { AsOf, Polled, Vouched } from "../../ui/stale";
import { POLLED, syncHealth } from "./api";
import type { DeadLetters } from "./api";
import type { Bulk } from "./bulk_replay";
import { STATES, stateOf, useFilter } from "./filter";
import type { State } from "./filter";
import { EventList, GroupList } from "./list";
import type { Deeds } from "./list";
import classes from "./page.module.css";
import { useReplay } from "./replay";
import { ReplayPanel } from "./replay_panel";
import { useSelection } from "./selection";
import type { Selection } from "./selection";

const BulkReplay = lazy(() => import("./bulk_replay").then((module) => ({ default: module.BulkReplay })));

const HEALTH_MS = 5_000;
const ALL = "all";

/** The received webhooks, what became of each, and their replay. */
export function InboxView(): ReactElement {
  return (
    <Polled keys={POLLED}>
      <Inbox />
    </Polled>
  );
}

function Inbox(): ReactElement {
  const mayReplay = useMay("events.replay");
  const filter = useFilter();
  const { data: health } = useQuery(syncHealth(HEALTH_MS));
  const replay = useReplay();
  const selection = useSelection();
  const [bulk, setBulk] = useState<Bulk | null>(null);
  const dead = health?.inbox.dead_letter ?? 0;
  const isBusy = replay.state?.isRunning === true;
  const ask = (which: DeadLetters, count: number): void => {
    setBulk((last) => ({ nth: (last?.nth ?? 0) + 1, which, count, dead }));
  };

  const deeds: Deeds = {
    selection,
    replay: (events) => {
      if (isBusy) return;
      selection.remove(events);
      replay.start(events);
    },
    replayGroup: ({ error, event_type, count }: Reason) => {
      ask({ error, event_type }, count);
    },
  };
  const replayAll = mayReplay && dead > 0 ? { label: text.inbox.replayAll(dead), act: () => { ask({}, dead); } } : null;
  useOffer(replayAll);
  const List = filter.state === "dead_letter" ? GroupList : EventList;
  return (
    <div className={classes.view}>
      <div className={classes.bar}>
        <States state={filter.state} />
        <AsOf onLine />
        {!mayReplay && <p className={classes.note}>{text.inbox.mayNot}</p>}
      </div>
      {replayAll !== null && (
        <div className={classes.all}>
          <Button size="xs" leftSection={<Icon name="replay" size={14} />} onClick={replayAll.act}>
            <Vouched>{replayAll.label}</Vouched>
          </Button>
        </div>
      )}
      <section className={classes.list} aria-label={text.inbox.title}>
        <List key={filter.state} filter={filter} deeds={mayReplay ? deeds : null} />
      </section>
      <div className={classes.below}>
        {bulk !== null && (
          <Suspense fallback={null}>
            <BulkReplay
              key={bulk.nth}
              bulk={bulk}
              onClose={() => {
                setBulk(null);
              }}
            />
          </Suspense>
        )}
        <ReplayPanel replay={replay} />
        {mayReplay && <SelectionBar selection={selection} isBusy={isBusy} onReplay={deeds.replay} />}
      </div>
    </div>
  );
}

function States({ state }: { state: State | null }): ReactElement {
  const choose = (value: string): void => {
    goTo({ state: stateOf(value), reason: null, kind: null });
  };
  return (
    <div className={classes.states}>
      <Options
        label={text.inbox.filter}
        options={[ALL, ...STATES].map((value) => ({ value, word: text.inbox.states[stateOf(value) ?? ALL] }))}
        value={state ?? ALL}
        onChoose={choose}
      />
    </div>
  );
}

type SelectionBarProps = { selection: Selection; isBusy: boolean; onReplay: Deeds["replay"] };

/** What is selected, and what can be done with it. */
function SelectionBar({ selection, isBusy, onReplay }: SelectionBarProps): ReactElement | null {
  const events = [...selection.events.values()];
  const isOffered = events.length > 0 && !isBusy;
  useOffer(isOffered ? { label: text.inbox.replayPicked(events.length), act: () => { onReplay(events); } } : null);
  if (events.length === 0) return null;
  return (
    <div className={classes.selection} role="group" aria-label={text.inbox.selection}>
      <span role="status">{text.inbox.selected(events.length)}</span>
      <Button
        variant="default"
        size="xs"
        onClick={() => {
          selection.remove(events);
        }}
      >
        {text.inbox.selectNone}
      </Button>
      <Button
        size="xs"
        leftSection={<Icon name="replay" size={14} />}
        disabled={isBusy}
        aria-keyshortcuts="r"
        onClick={() => {
          onReplay(events);
        }}
      >
        {text.inbox.replaySelected(events.length)}
      </Button>
    </div>
  );
}
