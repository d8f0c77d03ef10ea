import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { KeyboardEvent, ReactElement } from "react";
import { conversationsNamed } from "../features/conversations/api";
import { goTo } from "../lib/location";
import type { Place } from "../lib/location";
import { useMay } from "../lib/me";
import { palette } from "../lib/palette_words";
import type { Me } from "../lib/types";
import { Dialog } from "../ui/dialog";
import type { Sheet } from "./commands";
import classes from "./commands.module.css";
import { useActions } from "./palette_actions";
import { hasRoom, paletteItems } from "./palette_items";
import type { Item } from "./palette_items";
import { useSid } from "./palette_sid";
import { mayOpen, routes } from "./routes";
import { NO_FILTER, sections } from "./sections";

const CONTACTS = 6;
const TYPING_MS = 120;
const SEARCH_FROM = 2;

/** What can be gone to or done, and how the search stands. */
type Offered = { items: Item[]; isSearching: boolean; failure: string | null; nothing: string };

/** Also what lies over the page is left behind. */
function go(place: Partial<Place>): void {
  goTo({ sheet: null, ...place });
}

function failureOf(search: Error | null, sid: Error | null): string | null {
  if (search !== null) return palette.failed(search.message);
  return sid && palette.sidFailed(sid.message);
}

function useItems(q: string, me: Me, show: (sheet: Sheet | null) => void): Offered {
  const [typed] = useDebouncedValue(q, TYPING_MS);
  const mayFind = useMay("calls.read");
  const isSearch = mayFind && q.length >= SEARCH_FROM;
  const { data, error, isLoading, isPlaceholderData } = useQuery({ ...conversationsNamed(typed, CONTACTS), enabled: mayFind && typed.length >= SEARCH_FROM });
  const sought = useSid(q);
  const contacts = isSearch ? (data?.conversations ?? []) : [];
  const views = routes.filter((route) => mayOpen(route, me.rights) && route.unlisted !== "links").map(({ view, label }) => ({ label, place: { view, open: null } }));
  const rooms = sections.filter((section) => mayOpen(section, me.rights)).map(({ open, label }) => ({ label, place: { view: "settings", open, ...NO_FILTER } }));
  const items = paletteItems(q, { contacts, sought }, [...views, ...rooms.slice(1)], { go, others: useActions(me, show) });
  const isSearching = isSearch && (isLoading || isPlaceholderData);
  return { items, isSearching: isSearching || sought.isSearching, failure: failureOf(isSearch ? error : null, sought.error), nothing: sought.sid === null || hasRoom(sought.sid) ? palette.nothing : palette.unknownSid };
}

/** What was looked for last: who left without choosing finds it again, marked, so that other words take its place. */
let last = "";

function keep(words: string): void {
  last = words;
}

/** One field that leads everywhere: contacts, calls, views, actions. */
export function Palette({ me, show }: { me: Me; show: (sheet: Sheet | null) => void }): ReactElement {
  const [typed, setTyped] = useState(last);
  const [at, setAt] = useState(0);
  const id = useId();
  const { items, isSearching, failure, nothing } = useItems(typed.trim(), me, show);
  const chosen = Math.min(at, items.length - 1);
  const act = (item: Item | undefined): void => {
    if (item === undefined) return;
    keep("");
    show(null);
    item.act();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") act(items[chosen]);
    else if (event.key === "ArrowDown") setAt((chosen + 1) % items.length);
    else if (event.key === "ArrowUp") setAt((chosen - 1 + items.length) % items.length);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog
      title={palette.title}
      untitled
      size="36rem"
      onClose={() => {
        show(null);
      }}
    >
      <input
        data-autofocus
        type="text"
        role="combobox"
        className={classes.field}
        aria-expanded
        aria-controls={id}
        aria-activedescendant={chosen < 0 ? undefined : `${id}-${chosen}`}
        aria-label={palette.placeholder}
        placeholder={palette.placeholder}
        maxLength={100}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          keep(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
        onFocus={(event) => {
          event.target.select();
        }}
      />
      <p role="status" className={classes.searching}>
        {isSearching && palette.searching}
      </p>
      <div id={id} role="listbox" aria-label={palette.results} className={classes.items}>
        {items.map((item, i) => (
          // The field has the focus and the keys.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={item.key}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            className={classes.item}
            onClick={() => {
              act(item);
            }}
          >
            <span>{item.label}</span>
            <small>{item.hint}</small>
          </div>
        ))}
      </div>
      {items.length === 0 && !isSearching && failure === null && (
        <p role="status" className={classes.failed}>
          {nothing}
        </p>
      )}
      {failure !== null && (
        <p role="alert" className={classes.failed}>
          {failure}
        </p>
      )}
    </Dialog>
  );
}
