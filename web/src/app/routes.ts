// The views of the page. The first one is shown when the address names none.
import { lazy } from "react";
import type { ComponentType, LazyExoticComponent } from "react";
import { text } from "../lib/text";
import type { Me, Right } from "../lib/types";
import { LivePage } from "./live_page";

type View = ComponentType<{ me: Me }>;
export type Route = {
  view: string | null;
  label: string;
  component: View | LazyExoticComponent<View>;
  /** Fills the window and scrolls by itself; `wide`: where there is room to. */
  fills?: "always" | "wide";
  /** Without this right it is not shown. */
  needs?: Right;
  /** Not in the header: found by the palette, or reached by links only. */
  unlisted?: "palette" | "links";
};

const CallsPage = lazy(() => import("../features/conversations/page").then((module) => ({ default: module.ConversationsView })));
const CallPage = lazy(() => import("../features/calls/page").then((module) => ({ default: module.CallView })));
const InboxPage = lazy(() => import("../features/inbox/page").then((module) => ({ default: module.InboxView })));
const OperationsPage = lazy(() => import("../features/operations/page").then((module) => ({ default: module.OperationsView })));
const SettingsPage = lazy(() => import("./settings_page").then((module) => ({ default: module.SettingsPage })));
const StartPage = lazy(() => import("./start_page").then((module) => ({ default: module.StartPage })));

export const routes: readonly [Route, ...Route[]] = [
  { view: null, label: text.nav.live, component: LivePage, fills: "wide", needs: "calls.read" },
  { view: "calls", label: text.nav.calls, component: CallsPage, fills: "always", needs: "calls.read" },
  { view: "inbox", label: text.nav.inbox, component: InboxPage, fills: "always", needs: "events.read" },
  { view: "operations", label: text.nav.operations, component: OperationsPage, needs: "health.read" },
  { view: "settings", label: text.nav.settings, component: SettingsPage },
  { view: "start", label: text.nav.start, component: StartPage, unlisted: "palette", needs: "settings.manage" },
  { view: "call", label: text.nav.call, component: CallPage, unlisted: "links", needs: "calls.read" },
];

export function mayOpen({ needs }: { needs?: Right }, rights: readonly Right[]): boolean {
  return needs === undefined || rights.includes(needs);
}
