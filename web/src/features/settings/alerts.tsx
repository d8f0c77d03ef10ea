import { Button } from "@mantine/core";
import { useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { hearSound, turnNotices, turnSound } from "../../lib/alert_switches";
import { noticePermission } from "../../lib/notice";
import { useChosen } from "../../lib/preferences";
import type { Preferences } from "../../lib/preferences";
import { useSound } from "../../lib/sound";
import type { Sound as Heard } from "../../lib/sound";
import { text } from "../../lib/text";
import { Mark } from "../../ui/mark";
import { Options } from "../../ui/options";
import { OFF_ON, Setting } from "./setting";

const NOTES: Partial<Record<Heard, ReactNode>> = {
  waits: (
    <>
      <Mark look={{ shape: "paused", tone: "warn", word: text.settings.soundWaits }} /> {text.settings.soundNote}
    </>
  ),
  mute: text.settings.soundBlocked,
};

/** A sound for incoming calls, and how it sounds. */
export function Sound(): ReactElement {
  const sound = useChosen("sound");
  const [wasTried, setTried] = useState(false);
  const heard = useSound(sound === "on" || wasTried);
  const tryIt = (): void => {
    setTried(true);
    void hearSound();
  };
  return (
    <Setting name={text.settings.sound} note={NOTES[heard] ?? text.settings.soundNote}>
      <Button variant="default" size="xs" onClick={tryIt}>
        {text.settings.tryIt}
      </Button>
      <Options label={text.settings.sound} options={OFF_ON} value={sound} onChoose={(value) => void turnSound(value)} />
    </Setting>
  );
}

const WHY_NOT: Partial<Record<ReturnType<typeof noticePermission>, string>> = {
  denied: text.settings.noticesDenied,
  unsupported: text.settings.noticesUnsupported,
};

/** Notifications, once the browser has been told that they may be shown. */
export function Notices(): ReactElement {
  const notices = useChosen("notices");
  const [permission, setPermission] = useState(noticePermission);
  const turn = async (value: Preferences["notices"]): Promise<void> => {
    setPermission(await turnNotices(value));
  };
  const isOn = notices === "on" && permission === "granted";
  return (
    <Setting name={text.settings.notices} note={WHY_NOT[permission] ?? text.settings.noticesNote}>
      <Options label={text.settings.notices} options={OFF_ON} value={isOn ? "on" : "off"} onChoose={(value) => void turn(value)} />
    </Setting>
  );
}
