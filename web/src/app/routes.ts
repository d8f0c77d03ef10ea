// The views of the page. The first one is shown when the address names none.
import { lazy } from "react";
import type { ComponentType, LazyExoticComponent } from "react";
import { text } from "../lib/text";
import type { Me } from "../lib/types";
import { LivePage } from "./live_page";

type View = ComponentType<{ me: Me }>;
export type Route = {
  view: string | null;
  label: string;
  component: View | LazyExoticComponent<View>;
  /** Fills the window and scrolls by itself. */
  fills?: boolean;
  /** Reached by links only. */
  unlisted?: boolean;
};

const CallsPage = lazy(() => import("../features/conversations/page").then((module) => ({ default: module.ConversationsView })));
const CallPage = lazy(() => import("../features/calls/page").then((module) => ({ default: module.CallView })));
const InboxPage = lazy(() => import("./inbox_page").then((module) => ({ default: module.InboxPage })));

export const routes: readonly [Route, ...Route[]] = [
  { view: null, label: text.nav.live, component: LivePage },
  { view: "calls", label: text.nav.calls, component: CallsPage, fills: true },
  { view: "inbox", label: text.nav.inbox, component: InboxPage, fills: true },
  { view: "call", label: text.nav.call, component: CallPage, unlisted: true },
];
