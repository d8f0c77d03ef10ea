import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useContext, useId, useState } from "react";
import type { KeyboardEvent, ReactElement } from "react";
import { conversationsNamed } from "../features/conversations/api";
import { goTo } from "../lib/location";
import { Rights, projects, useMay } from "../lib/me";
import { projectId } from "../lib/project";
import { useScheme } from "../lib/scheme";
import { text } from "../lib/text";
import { Dialog } from "../ui/dialog";
import type { Sheet } from "./commands";
import classes from "./commands.module.css";
import { paletteItems } from "./palette_items";
import type { Item } from "./palette_items";
import { switchTo } from "./project_switch";
import { mayOpen, routes } from "./routes";
import { NO_FILTER, sections } from "./sections";

const CONTACTS = 6;
const TYPING_MS = 120;
const SEARCH_FROM = 2;

/** The actions that are no place. */
function useActions(show: (sheet: Sheet | null) => void): { label: string; act: () => void }[] {
  const { isDark, toggle } = useScheme();
  const { data: all = [] } = useQuery(projects);
  const mayMake = useMay("projects.create");
  const others = all.filter(({ id }) => all.length > 1 && id !== projectId());
  return [
    { label: isDark ? text.account.toLight : text.account.toDark, act: toggle },
    ...others.map(({ id, name }) => ({
      label: text.projects.go(name),
      act: () => {
        switchTo(id);
      },
    })),
    ...(mayMake
      ? [
          {
            label: text.connections.another.make,
            act: () => {
              show("project");
            },
          },
        ]
      : []),
    {
      label: text.keys.title,
      act: () => {
        show("keys");
      },
    },
  ];
}

/** What can be gone to or done, and how the search for contacts stands. */
type Found = { items: Item[]; isSearching: boolean; error: Error | null };

function useItems(q: string, show: (sheet: Sheet | null) => void): Found {
  const [sought] = useDebouncedValue(q, TYPING_MS);
  const { data, error, isLoading, isPlaceholderData } = useQuery({ ...conversationsNamed(sought, CONTACTS), enabled: sought.length >= SEARCH_FROM });
  const isSearch = q.length >= SEARCH_FROM;
  const found = isSearch ? (data?.conversations ?? []) : [];
  const rights = useContext(Rights);
  const views = routes.filter((route) => mayOpen(route, rights) && route.unlisted !== "links").map(({ view, label }) => ({ label, place: { view, open: null } }));
  const rooms = sections.filter((section) => mayOpen(section, rights)).map(({ open, label }) => ({ label, place: { view: "settings", open, ...NO_FILTER } }));
  const items = paletteItems(q, found, [...views, ...rooms.slice(1)], { go: goTo, others: useActions(show) });
  return { items, isSearching: isSearch && (isLoading || isPlaceholderData), error: isSearch ? error : null };
}

/** One field that leads everywhere: contacts, calls, views, actions. */
export function Palette({ show }: { show: (sheet: Sheet | null) => void }): ReactElement {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const { items, isSearching, error } = useItems(typed.trim(), show);
  const chosen = Math.min(at, items.length - 1);
  const act = (item: Item | undefined): void => {
    show(null);
    item?.act();
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
      title={text.palette.title}
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
        aria-label={text.palette.placeholder}
        placeholder={text.palette.placeholder}
        maxLength={100}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <p role="status" className={classes.searching}>
        {isSearching && text.palette.searching}
      </p>
      <div id={id} role="listbox" aria-label={text.palette.results} className={classes.items}>
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
      {error !== null && (
        <p role="alert" className={classes.failed}>
          {text.palette.failed(error.message)}
        </p>
      )}
    </Dialog>
  );
}
