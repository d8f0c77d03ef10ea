import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { useSaveMe } from "../../lib/me";
import { peopleWords } from "../../lib/people_words";
import type { Me } from "../../lib/types";
import { Facts } from "../../ui/facts";
import { Field, Form } from "../../ui/form";
import { Saved } from "../../ui/saved";
import { Section } from "../../ui/section";
import { Trouble } from "../../ui/trouble";
import classes from "./page.module.css";
import { PasswordForm } from "./password_form";
import { Sessions } from "./sessions";

const words = peopleWords.mine;

/** What is one's own: the name, the password, and where one is signed in. */
export function AccountView({ me }: { me: Me }): ReactElement {
  return (
    <div className={classes.view}>
      <Section title={words.title}>
        <div className={classes.body}>
          <Facts facts={[{ name: words.email, value: me.actor.email }]} />
          <NameForm name={me.actor.name} />
        </div>
      </Section>
      <Section title={words.passwordChange}>
        <div className={classes.body}>
          <PasswordForm email={me.actor.email ?? ""} />
        </div>
      </Section>
      <Sessions />
    </div>
  );
}

function NameForm({ name }: { name: string }): ReactElement {
  const { mutate, isPending, isSuccess, error } = useSaveMe();
  return (
    <Form
      onSend={(values) => {
        mutate({ name: values["name"] ?? "" });
      }}
    >
      <Field label={words.name} name="name" autoComplete="name" note={words.nameNote} defaultValue={name} required maxLength={100} />
      {error !== null && <Trouble error={error} />}
      {isSuccess && <Saved>{words.saved}</Saved>}
      <div>
        <Button type="submit" variant="default" loading={isPending}>
          {words.save}
        </Button>
      </div>
    </Form>
  );
}
