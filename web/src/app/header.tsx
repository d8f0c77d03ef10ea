import { ActionIcon } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { ReactElement } from "react";
import { FeedStatus } from "../features/feed/status";
import type { Feed } from "../lib/feed";
import { isAnchored } from "../lib/feed_state";
import { text } from "../lib/text";
import type { Me } from "../lib/types";
import { useFeed } from "../lib/use_feed";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import type { Sheet } from "./commands";
import classes from "./header.module.css";
import { ProjectSwitch } from "./project_switch";
import { mayOpen, routes } from "./routes";
import type { Route } from "./routes";
import { SchemeToggle } from "./scheme_toggle";
import { SignOut } from "./sign_out";
import { UnreadCount } from "./unread_count";

type HeaderProps = { me: Me; feed: Feed; route: Route; onCommand: (sheet: Sheet) => void };

/** The product, the views, whether it is live, and whose it is. */
export function Header({ me, feed, route, onCommand }: HeaderProps): ReactElement {
  const hasData = useFeed(feed, isAnchored);
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [route]);
  return (
    <header className={classes.header}>
      <div className={classes.brand}>
        <img src="/app/icon.svg" alt="" width="28" height="28" />
        <h1>{text.product}</h1>
        <ProjectSwitch name={me.project?.name ?? ""} />
        {me.features.demo_calls && (
          <span className={classes.demo} title={text.start.demo.badgeNote}>
            {text.start.demo.badge}
          </span>
        )}
      </div>
      <nav ref={nav} className={classes.nav} aria-label={text.nav.label}>
        {routes
          .filter((each) => each.unlisted === undefined && mayOpen(each, me.rights))
          .map(({ view, label }) => (
            <Link key={label} to={{ view, open: null }} className={classes.tab} current={view === route.view}>
              {label}
              {view === "calls" && hasData && <UnreadCount />}
            </Link>
          ))}
      </nav>
      <div className={classes.tools}>
        <FeedStatus feed={feed} />
        <ActionIcon
          variant="default"
          size="lg"
          onClick={() => {
            onCommand("palette");
          }}
          aria-label={text.keys.palette}
          aria-keyshortcuts="Control+K"
          title={`${text.keys.palette} (Ctrl K)`}
        >
          <Icon name="search" />
        </ActionIcon>
        <SchemeToggle className={classes.spare} />
        {me.actor.kind === "user" && <SignOut />}
      </div>
    </header>
  );
}
