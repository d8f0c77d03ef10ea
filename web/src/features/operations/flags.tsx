// What is switched while the server runs: for this project, and for all by those who run the installation.
import { Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useState } from "react";
import { adjustTo, usePlace } from "../../lib/location";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import type { Flag, FlagList } from "../../lib/types";
import { FailedFace, LoadingStatus } from "../../ui/faces";
import { Options } from "../../ui/options";
import { Question } from "../../ui/question";
import { Section } from "../../ui/section";
import { Trouble } from "../../ui/trouble";
import { flags, setFlag } from "./api";
import { narrows, offered, scopeOf } from "./flag_values";
import type { Scope, Wish } from "./flag_values";
import classes from "./flags.module.css";

const words = text.operations.flags;

/** Beside the other things of the address: whose switches are looked at. */
function chooseScope(scope: Scope): void {
  adjustTo({ scope: scope === "project" ? null : scope });
}

export function Flags(): ReactElement {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(flags);
  const scope: Scope = usePlace().scope === "installation" && data?.runs_installation === true ? "installation" : "project";
  const [wish, setWish] = useState<Wish | null>(null);
  const change = useMutation({
    mutationFn: setFlag,
    onSuccess: (now) => {
      client.setQueryData(flags.queryKey, now);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["health"] }),
  });
  /** What lets less through is asked about first. */
  const choose = (next: Wish): void => {
    if (narrows(next)) setWish(next);
    else change.mutate(next);
  };
  return (
    <Section
      title={words.title}
      asOf
      aside={data?.runs_installation === true && <ScopeChoice scope={scope} onChoose={chooseScope} />}
    >
      {data === undefined && (error === null ? <ToCome /> : <FailedFace error={error} retry={() => void refetch()} />)}
      {change.error !== null && <Trouble error={change.error} />}
      {data !== undefined && <List list={data} scope={scope} onChoose={choose} />}
      {wish !== null && (
        <Question
          title={words.sure(words.names[wish.flag.name].name, words.value(wish.value))}
          body={words.names[wish.flag.name].narrowed}
          yes={words.switch}
          onYes={() => {
            change.mutate(wish);
            setWish(null);
          }}
          onNo={() => {
            setWish(null);
          }}
        />
      )}
    </Section>
  );
}

function ScopeChoice({ scope, onChoose }: { scope: Scope; onChoose: (scope: Scope) => void }): ReactElement {
  const options = [
    { value: "project" as const, word: words.thisProject },
    { value: "installation" as const, word: words.everywhere },
  ];
  return <Options label={words.whom} options={options} value={scope} onChoose={onChoose} />;
}

/** What can be switched is known before how it is; each choice has its height. */
function ToCome(): ReactElement {
  return (
    <>
      <LoadingStatus />
      <ul className={classes.list} aria-label={words.title}>
        {Object.values(words.names).map(({ name, does }) => (
          <li key={name} className={classes.flag}>
            <div>
              <h3>{name}</h3>
              <p>{does}</p>
            </div>
            <Skeleton width="11rem" height="2.375rem" />
          </li>
        ))}
      </ul>
    </>
  );
}

function List({ list, scope, onChoose }: { list: FlagList; scope: Scope; onChoose: (wish: Wish) => void }): ReactElement {
  const may = useMay("settings.manage");
  return (
    <ul className={classes.list} aria-label={words.title}>
      {list.flags.map((flag) => (
        <li key={flag.name} className={classes.flag}>
          <div>
            <h3>{words.names[flag.name].name}</h3>
            <p>{words.names[flag.name].does}</p>
            {scope === "project" && flag.value !== flag.configuration && flag.installation !== null && <p>{words.forAll(words.value(flag.installation))}</p>}
          </div>
          <Control flag={flag} scope={scope} onChoose={may ? onChoose : null} />
        </li>
      ))}
    </ul>
  );
}

function Control({ flag, scope, onChoose }: { flag: Flag; scope: Scope; onChoose: ((wish: Wish) => void) | null }): ReactElement {
  const now = scopeOf(flag, scope);
  if (onChoose === null) return <strong className={classes.value}>{words.value(now)}</strong>;
  return (
    <Options
      label={words.names[flag.name].name}
      options={offered(flag, scope).map((value) => ({ value, word: words.value(value) }))}
      value={now}
      onChoose={(value) => {
        if (value !== now) onChoose({ flag, scope, value });
      }}
    />
  );
}
