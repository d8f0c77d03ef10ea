import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { serverNow } from "../../lib/clock";
import { roleTable } from "../../lib/roles";
import { peopleWords } from "../../lib/people_words";
import { text } from "../../lib/text";
import type { Me, Right } from "../../lib/types";
import { CopyLine } from "../../ui/copy_line";
import { Dialog } from "../../ui/dialog";
import { Answers, Checks, Field, Form, SelectField } from "../../ui/form";
import formClasses from "../../ui/form.module.css";
import { Trouble } from "../../ui/trouble";
import { keys, makeKey } from "./api";

const words = peopleWords.apiKeys;
const DAY_MS = 86_400_000;
const EXPIRIES = ["90", "30", "365", "never"];

function endOf(days: string): string | null {
  return days === "never" ? null : new Date(serverNow() + Number(days) * DAY_MS).toISOString();
}

/** Asks what the key is for, and shows its secret this once. */
export function MakeKey({ me, onClose }: { me: Me; onClose: () => void }): ReactElement {
  const client = useQueryClient();
  const { data: table } = useQuery(roleTable);
  const { data, mutate, isPending, error } = useMutation({
    mutationFn: makeKey,
    onSuccess: () => client.invalidateQueries(keys),
  });
  if (data !== undefined) return <Secret secret={data.secret} onClose={onClose} />;
  const rights = table?.rights.filter(({ name, for_keys }) => for_keys && me.rights.includes(name)) ?? [];
  return (
    <Dialog title={words.make} onClose={onClose}>
      <Form
        inDialog
        onSend={({ name = "", expiry = "" }, form) => {
          mutate({ name, rights: form.getAll("right") as Right[], expires_at: endOf(expiry) });
        }}
      >
        <Field label={words.name} name="name" autoComplete="off" required maxLength={100} data-autofocus />
        <Checks
          label={words.rights}
          name="right"
          note={words.rightsNote}
          options={rights.map(({ name }) => ({ value: name, word: text.rights[name], note: name }))}
        />
        <SelectField label={words.expiry} name="expiry" options={EXPIRIES.map((value) => ({ value, word: words.expiries[value] ?? value }))} />
        {error !== null && <Trouble error={error} />}
        <Answers>
          <Button type="submit" loading={isPending}>
            {words.makeSubmit}
          </Button>
        </Answers>
      </Form>
    </Dialog>
  );
}

function Secret({ secret, onClose }: { secret: string; onClose: () => void }): ReactElement {
  return (
    <Dialog title={words.secretTitle} onClose={onClose}>
      <div className={formClasses.dialog}>
        <CopyLine label={words.secretLabel} value={secret} note={words.secretNote} />
        <Answers>
          <Button data-autofocus onClick={onClose}>
            {peopleWords.people.done}
          </Button>
        </Answers>
      </div>
    </Dialog>
  );
}
