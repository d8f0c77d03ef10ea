import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { peopleWords } from "../../lib/people_words";
import type { User } from "../../lib/types";
import { CopyLine } from "../../ui/copy_line";
import formClasses from "../../ui/form.module.css";
import { Answers } from "../../ui/form";

const words = peopleWords.people;

type LinkShownProps = { person: User; token: string | undefined; onDone: () => void };

/** The link for somebody, this once; or why there is none. */
export function LinkShown({ person: { email, status }, token, onDone }: LinkShownProps): ReactElement {
  return (
    <div className={formClasses.dialog}>
      {token === undefined ? (
        <p>{words.noLink[status](email)}</p>
      ) : (
        <CopyLine label={words.linkLabel(email)} value={`${window.location.origin}/app/welcome#${token}`} note={words.linkNote} />
      )}
      <Answers>
        <Button data-autofocus onClick={onDone}>
          {words.done}
        </Button>
      </Answers>
    </div>
  );
}
