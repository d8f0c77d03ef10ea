// Tells of calls by sound and by notification, as far as that was chosen, in one page of the browser.
import { chime, mayChime } from "../../lib/chime";
import { claim } from "../../lib/claim";
import { serverNow } from "../../lib/clock";
import type { FeedEvent } from "../../lib/feed_state";
import { partyName } from "../../lib/format";
import { goTo } from "../../lib/location";
import { noticePermission, showNotice } from "../../lib/notice";
import { chosen } from "../../lib/preferences";
import { text } from "../../lib/text";
import { alertsOf, keyOf, remember } from "./decide";
import type { Alert, Told } from "./decide";

const TITLE: Record<Alert["kind"], (alert: Alert) => string> = {
  incoming: ({ call }) => text.alert.incoming(partyName(call.from_number)),
  missed: ({ call }) => text.outcome.missedBecause[call.display_status] ?? text.outcome.missed,
};
const BODY: Record<Alert["kind"], (alert: Alert) => string> = {
  incoming: ({ call }) => text.alert.to(partyName(call.to_number)),
  missed: ({ call }) => partyName(call.from_number),
};

async function sound(alert: Alert): Promise<void> {
  if (alert.kind !== "incoming" || chosen("sound") !== "on") return;
  if ((await mayChime()) && (await claim(`sound ${keyOf(alert)}`))) chime();
}

async function notify(alert: Alert): Promise<void> {
  if (chosen("notices") !== "on" || noticePermission() !== "granted") return;
  if (!(await claim(`notice ${keyOf(alert)}`))) return;
  const sid = alert.call.twilio_sid;
  showNotice({
    title: TITLE[alert.kind](alert),
    body: BODY[alert.kind](alert),
    tag: sid,
    onClick: () => {
      goTo({ call: sid });
    },
  });
}

/** Takes the events of the feed as they come, and tells of what is new in them. */
export function createAlerts(): (events: readonly FeedEvent[]) => void {
  let told: Told = new Map();
  return (events) => {
    const now = serverNow();
    const alerts = alertsOf(events, told, now);
    told = remember(told, alerts, now);
    for (const alert of alerts) {
      void sound(alert);
      void notify(alert);
    }
  };
}
