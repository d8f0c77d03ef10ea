import { Suspense, lazy } from "react";
import type { ReactElement } from "react";
import { goTo, usePlace } from "../lib/location";
import { useMay } from "../lib/me";
import { Boundary } from "../ui/boundary";
import { Floating } from "../ui/floating";

const CallPanel = lazy(() => import("../features/calls/panel").then((module) => ({ default: module.CallPanel })));
const EventPanel = lazy(() => import("../features/inbox/detail").then((module) => ({ default: module.EventPanel })));

function close(): void {
  goTo({ call: null, as_of: null, event: null });
}

/** The details that the address names; closing those of a call leads back to where it was opened. */
export function Panels(): ReactElement {
  const { call, event } = usePlace();
  const maySeeCalls = useMay("calls.read");
  const maySeeEvents = useMay("events.read");
  return (
    <Boundary of={call ?? event} frame={(face) => <Floating onClose={close}>{face}</Floating>}>
      <Suspense fallback={null}>
        {call !== null && maySeeCalls && <CallPanel sid={call} />}
        {call === null && event !== null && maySeeEvents && <EventPanel id={event} />}
      </Suspense>
    </Boundary>
  );
}
