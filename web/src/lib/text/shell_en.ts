// The words of the doors, and of the ways from room to room, in English.
import type { Right } from "../types";

const door = {
  email: "E-mail",
  password: "Password",
  showPassword: "Show the password",
  passwordRule: "10 to 128 characters. A few words in a row are good; your name or address is not.",
  signIn: {
    title: "Sign in",
    body: "Your calls are behind this door.",
    submit: "Sign in",
    wrong: "The e-mail address or the password is not right, or the account is switched off.",
    wrongFix: "Who forgot the password asks an administrator for a link.",
    throttled: "Too many attempts. Wait a minute, then try again.",
    link: "Sign in by the one-time link",
    linkBody: "Hookswitch prints a link when it starts. Open it in this browser; it is in the server's output and looks like this:",
    linkExample: (origin: string) => `${origin}/login?token=…`,
    linkUsed: "It works once. To get a new one, run this where the server runs:",
    linkCommand: "hookswitch login-link",
  },
  outside: {
    api: "Your role works over the API",
    apiBody: "A developer makes API keys and reads events by program; this interface is not part of that role. Who needs it asks an administrator for another role.",
    none: "You belong to no project",
    noneBody: "Your account is there, but nobody has given it a role, or it was taken away. Ask an administrator.",
    foreign: "There is no such project here",
    foreignBody: "It does not exist, or it is not one of yours.",
    toMine: "To my projects",
  },
};

const projects = {
  label: "Project",
  go: (name: string) => `Go to project ${name}`,
};

const sections = {
  label: "Settings",
  general: "General",
  account: "My account",
  project: "Project",
  connections: "Connections",
  people: "People",
  roles: "Roles",
  keys: "API keys",
  audit: "Audit log",
  mayNot: "You may not see this",
  mayNotBody: (right: string) => `It needs the right “${right}”. Your role does not have it; ask an administrator.`,
};

const rights: Record<Right, string> = {
  "app.use": "Use the interface",
  "calls.read": "See calls and conversations",
  "calls.export": "Take lists of calls away as a file",
  "recordings.read": "Hear recordings",
  "events.read": "See what providers sent, word by word",
  "events.replay": "Have failed events processed again",
  "jobs.run": "Have jobs run now, such as a reconcile",
  "health.read": "See whether everything works",
  "settings.manage": "Change the project and its provider accounts",
  "keys.manage": "Make and revoke API keys",
  "users.manage": "Invite people, give and take roles",
  "audit.read": "Read who did what",
  "projects.create": "Make projects",
};

export const shell = { door, projects, sections, rights };
