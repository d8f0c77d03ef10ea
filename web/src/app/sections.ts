// The rooms of the settings. The first one is shown when the address names none.
import { lazy } from "react";
import type { ComponentType, LazyExoticComponent } from "react";
import { text } from "../lib/text";
import type { Me, Right } from "../lib/types";

type Section = {
  open: string | null;
  label: string;
  component: LazyExoticComponent<ComponentType<{ me: Me }>>;
  /** Without this right it is not shown. */
  needs?: Right;
};

const General = lazy(() => import("../features/settings/page").then((module) => ({ default: module.SettingsView })));
const Account = lazy(() => import("../features/account/page").then((module) => ({ default: module.AccountView })));
const Project = lazy(() => import("./project_page").then((module) => ({ default: module.ProjectPage })));
const Connections = lazy(() => import("../features/connections/page").then((module) => ({ default: module.ConnectionsView })));
const People = lazy(() => import("../features/people/page").then((module) => ({ default: module.PeopleView })));
const Roles = lazy(() => import("../features/people/roles").then((module) => ({ default: module.RolesView })));
const Keys = lazy(() => import("../features/keys/page").then((module) => ({ default: module.KeysView })));
const Audit = lazy(() => import("../features/audit/page").then((module) => ({ default: module.AuditView })));

/** What the address says of one room only: whoever goes to another one leaves it behind. */
export const NO_FILTER = { action: null, actor: null, from: null, to: null, person: null };

export const sections: readonly [Section, ...Section[]] = [
  { open: null, label: text.sections.general, component: General },
  { open: "account", label: text.sections.account, component: Account },
  { open: "project", label: text.sections.project, component: Project, needs: "settings.manage" },
  { open: "connections", label: text.sections.connections, component: Connections, needs: "settings.manage" },
  { open: "people", label: text.sections.people, component: People, needs: "users.manage" },
  { open: "roles", label: text.sections.roles, component: Roles },
  { open: "keys", label: text.sections.keys, component: Keys, needs: "keys.manage" },
  { open: "audit", label: text.sections.audit, component: Audit, needs: "audit.read" },
];
