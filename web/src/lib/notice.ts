// Notifications of the browser.

export type NoticePermission = NotificationPermission | "unsupported";

/** Whether this page may show them. */
export function noticePermission(): NoticePermission {
  return "Notification" in window ? Notification.permission : "unsupported";
}

/** Asks whoever looks, unless that was answered before. */
export async function askForNotices(): Promise<NoticePermission> {
  return noticePermission() === "default" ? Notification.requestPermission() : noticePermission();
}

type Notice = { title: string; body: string; /** One with the same tag takes its place. */ tag: string; onClick: () => void };

export function showNotice({ title, body, tag, onClick }: Notice): void {
  if (noticePermission() !== "granted") return;
  try {
    const notice = new Notification(title, { body, tag, icon: "/app/icon.svg", silent: true });
    notice.onclick = () => {
      window.focus();
      notice.close();
      onClick();
    };
  } catch {
    // Some browsers of phones have the word but not the thing.
  }
}
