import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { clockTime, money } from "../../lib/format";
import type { Look } from "../../lib/look";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import { toldStatus } from "../../lib/told";
import type { CallComparison, ComparedField, ComparedFieldName } from "../../lib/types";
import { Mark } from "../../ui/mark";
import { Age, ShortTime } from "../../ui/time";
import { Trouble } from "../../ui/trouble";
import { comparison, reconcileCall } from "./api";
import classes from "./compare.module.css";
import record from "./record.module.css";

const words = text.call.compare;

/** Lays the call beside what its provider says of it now, when asked to; and takes that over. */
export function Compare({ sid }: { sid: string }): ReactElement {
  const { data, error, isFetching, refetch } = useQuery(comparison(sid));
  return (
    <>
      <h3 className={record.subtitle}>{words.title}</h3>
      <div className={classes.lead}>
        <p role="status">
          {data === undefined ? (
            words.note
          ) : (
            <>
              {words.asked} <Age time={data.asked_at} />
            </>
          )}
        </p>
        <Button variant="default" size="compact-sm" loading={isFetching} onClick={() => void refetch()}>
          {data === undefined ? words.compare : words.again}
        </Button>
      </div>
      {error !== null && !isFetching && <Trouble error={error} />}
      {data !== undefined && <Compared sid={sid} found={data} again={refetch} />}
    </>
  );
}

/** again: asks the provider once more. */
type ComparedProps = { sid: string; found: CallComparison; again: () => Promise<unknown> };

function Compared({ sid, found, again }: ComparedProps): ReactElement {
  if (!found.known_there) return <p className={classes.verdict}>{words.unknownThere}</p>;
  return (
    <>
      <Fields fields={found.fields} />
      <Verdict sid={sid} found={found} again={again} />
    </>
  );
}

const MENDS: Look = { shape: "alert", tone: "warn", word: words.mends };
const STANDS: Look = { shape: "minus", tone: "quiet", word: words.stands };

function Fields({ fields }: { fields: ComparedField[] }): ReactElement {
  const known = fields.filter(({ ours, theirs }) => ours !== null || theirs !== null);
  return (
    <table className={classes.fields}>
      <thead>
        <tr>
          <th scope="col">{words.what}</th>
          <th scope="col">{words.ours}</th>
          <th scope="col">{words.theirs}</th>
        </tr>
      </thead>
      <tbody>
        {known.map((field) => (
          <tr key={field.name} data-differs={field.differs || undefined}>
            <th scope="row">
              {words.fields[field.name]}
              {field.differs && <Mark look={field.mends ? MENDS : STANDS} />}
            </th>
            <td>{shown(field.name, field.ours)}</td>
            <td>{shown(field.name, field.theirs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function amount(value: string): ReactNode {
  const [number = "", unit = "USD"] = value.split(" ");
  return money(Number(number), unit);
}

const directions: Record<string, string> = text.direction;

const SHOWN: { [N in ComparedFieldName]?: (value: string) => ReactNode } = {
  status: toldStatus,
  direction: (value) => directions[value] ?? value,
  start_time: (value) => <ShortTime time={value} />,
  end_time: (value) => <ShortTime time={value} />,
  duration: (value) => clockTime(Number(value)),
  price: amount,
};

function shown(name: ComparedFieldName, value: string | null): ReactNode {
  if (value === null) return <span className={classes.none}>{words.none}</span>;
  return (SHOWN[name] ?? ((as: string): ReactNode => as))(value);
}

/** What is to be done about it: as a rule nothing. */
function Verdict({ sid, found, again }: ComparedProps): ReactElement {
  const may = useMay("jobs.run");
  const { mutate, isPending, error } = useMutation({
    mutationFn: reconcileCall,
    onSuccess: again,
  });
  if (found.drift.length === 0) {
    const differs = found.fields.some((field) => field.differs);
    return <p className={classes.verdict}>{differs ? words.oursStands : words.inStep}</p>;
  }
  return (
    <>
      <p className={classes.verdict}>{may ? words.drifted : words.driftedNoRight}</p>
      {error !== null && <Trouble error={error} />}
      {may && (
        <Button
          size="compact-sm"
          loading={isPending}
          onClick={() => {
            mutate(sid);
          }}
        >
          {words.reconcile}
        </Button>
      )}
    </>
  );
}
