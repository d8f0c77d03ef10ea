import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { peopleWords } from "../../lib/people_words";
import type { Me, User } from "../../lib/types";
import { Dialog } from "../../ui/dialog";
import { Answers, Form } from "../../ui/form";
import { Saved } from "../../ui/saved";
import { Trouble } from "../../ui/trouble";
import { doTo, users } from "./api";
import type { Deed } from "./api";
import { GrantFields, grantOf } from "./grant_fields";
import { LinkShown } from "./link_shown";
import classes from "./manage.module.css";
import { roleWords } from "./role_words";

const words = peopleWords.people;
const SAYS = { 403: [words.beyond], 409: [words.lastOwner] };

type ManageProps = { me: Me; person: User; onClose: () => void };
type PartProps = { person: User; act: (deed: Deed) => void; isBusy: boolean };

/** Everything that can be done to one person. */
export function Manage({ me, person, onClose }: ManageProps): ReactElement {
  const client = useQueryClient();
  const { data, mutate, isPending, isSuccess, error, reset } = useMutation({
    mutationFn: (deed: Deed) => doTo(person.id, deed),
    onSettled: () => client.invalidateQueries(users),
  });
  if (data?.link_token !== undefined)
    return (
      <Dialog title={words.linkTitle} onClose={onClose}>
        <LinkShown person={person} token={data.link_token} onDone={reset} />
      </Dialog>
    );
  const part = { person, act: mutate, isBusy: isPending };
  return (
    <Dialog title={person.name} size="34rem" onClose={onClose}>
      <Roles {...part} me={me} />
      <Deeds {...part} isMe={person.id === me.actor.id} />
      <div className={classes.part} hidden={error === null && !isSuccess}>
        {error !== null && <Trouble error={error} says={SAYS} />}
        {isSuccess && <Saved>{words.saved}</Saved>}
      </div>
    </Dialog>
  );
}

function Roles({ me, person, act, isBusy }: PartProps & { me: Me }): ReactElement {
  return (
    <div className={classes.part}>
      <ul className={classes.roles}>
        {person.roles.map((role) => (
          <li key={role.id}>
            <span>{roleWords(role)}</span>
            <Button
              variant="default"
              size="xs"
              disabled={isBusy}
              aria-label={words.takeLabel(roleWords(role))}
              onClick={() => {
                act({ kind: "take", role: role.id });
              }}
            >
              {words.take}
            </Button>
          </li>
        ))}
      </ul>
      <h3>{words.give}</h3>
      <Form
        onSend={(values) => {
          act({ kind: "give", grant: grantOf(values) });
        }}
      >
        <GrantFields me={me} />
        <Answers>
          <Button type="submit" variant="default" size="xs" disabled={isBusy}>
            {words.giveSubmit}
          </Button>
        </Answers>
      </Form>
    </div>
  );
}

type Offer = { word: string; note: string; deed: Deed };

/** What is offered for the whole account; nobody shuts themselves out. */
function offersFor({ status }: User, isMe: boolean): Offer[] {
  const newLink: Offer = { word: words.newLink, note: words.newLinkNote, deed: { kind: "newLink" } };
  const signOut: Offer = { word: words.signOut, note: words.signOutNote, deed: { kind: "signOut" } };
  if (isMe) return [newLink, signOut];
  if (status === "disabled") return [{ word: words.enable, note: "", deed: { kind: "disable", disabled: false } }];
  return [newLink, signOut, { word: words.disable, note: words.disableNote, deed: { kind: "disable", disabled: true } }];
}

function Deeds({ person, act, isBusy, isMe }: PartProps & { isMe: boolean }): ReactElement {
  return (
    <div className={classes.part}>
      {offersFor(person, isMe).map(({ word, note, deed }) => (
        <div key={word} className={classes.deed}>
          <small>{note}</small>
          <Button
            variant="default"
            size="xs"
            disabled={isBusy}
            onClick={() => {
              act(deed);
            }}
          >
            {word}
          </Button>
        </div>
      ))}
    </div>
  );
}
