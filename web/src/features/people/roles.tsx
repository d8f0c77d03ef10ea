import { VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { roleTable } from "../../lib/roles";
import { peopleWords } from "../../lib/people_words";
import { text } from "../../lib/text";
import type { RoleTable } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Icon } from "../../ui/icon";
import { Section } from "../../ui/section";
import classes from "./roles.module.css";

const words = peopleWords.roles;

/** Which role may do what, as the server decides. */
export function RolesView(): ReactElement {
  const { data, error, refetch } = useQuery(roleTable);
  return (
    <Section title={words.title}>
      <p className={classes.note}>{words.note}</p>
      {data === undefined && error === null && <LoadingFace rows={8} />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data !== undefined && <Table {...data} />}
      {data !== undefined && (
        <dl className={classes.meanings}>
          {data.roles.map(({ name }) => (
            <div key={name}>
              <dt>{words.name[name]}</dt>
              <dd>{words.meaning[name]}</dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  );
}

function Table({ roles, rights }: RoleTable): ReactElement {
  return (
    // A frame that scrolls is reached by key.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.frame} role="group" aria-label={words.note} tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{words.right}</th>
            {roles.map(({ name }) => (
              <th key={name} scope="col">
                {words.name[name]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rights.map(({ name: right }) => (
            <tr key={right}>
              <th scope="row">{text.rights[right]}</th>
              {roles.map((role) => (
                <td key={role.name}>
                  <Cell has={role.rights.includes(right)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ has }: { has: boolean }): ReactElement {
  return (
    <>
      {has ? (
        <Icon name="check" size={14} />
      ) : (
        <span className={classes.no} aria-hidden="true">
          –
        </span>
      )}
      <VisuallyHidden>{has ? words.yes : words.no}</VisuallyHidden>
    </>
  );
}
