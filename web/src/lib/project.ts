/*
 * Which project this page is about, and who looks at it. Each page of a browser keeps its own project; to
 * go to another one is to load the page anew, so that nothing of the one can be taken for the other's.
 */

let project: string | null = null;
let person: string | null = null;

/** What the address says, before anybody has been asked; null: the one that was chosen last. */
export function startWith(asked: string | null): void {
  project = asked;
}

/** What the server says. */
export function belongTo(whose: { project: string | null; person: string }): void {
  ({ project, person } = whose);
}

/** The project that requests are for. */
export function projectId(): string | null {
  return project;
}

/** Under this name the browser keeps what belongs to this person in this project. */
export function ownKey(name: string): string {
  return [name, person, project].filter((part) => part !== null).join("-");
}
