// The views of the page. The first one is shown when the address names none.
import { lazy } from "react";
import type { ComponentType, LazyExoticComponent } from "react";
import { text } from "../lib/text";
import type { Me } from "../lib/types";
import { LivePage } from "./live_page";

type View = ComponentType<{ me: Me }>;
export type Route = { view: string | null; label: string; component: View | LazyExoticComponent<View> };

const InboxPage = lazy(() => import("./inbox_page").then((module) => ({ default: module.InboxPage })));

export const routes: readonly [Route, ...Route[]] = [
  { view: null, label: text.nav.live, component: LivePage },
  { view: "inbox", label: text.nav.inbox, component: InboxPage },
];
