// What stands in the fields of a form, by their names.
import type { SubmitEvent } from "react";

/** Takes a form that is sent. */
export function onSend(take: (values: Record<string, string>, form: FormData) => void): (event: SubmitEvent<HTMLFormElement>) => void {
  return (event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const values = [...data].flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : []));
    take(Object.fromEntries(values), data);
  };
}
