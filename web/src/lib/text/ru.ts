// Every word the interface says, in Russian.
import type { Text } from "./en";
import { call } from "./call_ru";
import { language } from "./language";
import { operations } from "./operations_ru";
import { settings } from "./settings_ru";
import { shell } from "./shell_ru";
import { start } from "./start_ru";

const { number, counted } = language("ru");

function span(seconds: number): string {
  const rest = counted(seconds % 60, { one: "секунда", few: "секунды", other: "секунд" });
  return seconds < 60 ? rest : `${counted(Math.floor(seconds / 60), { one: "минута", few: "минуты", other: "минут" })} ${rest}`;
}

export const ru: Text = {
  locale: "ru",
  number,
  product: "Hookswitch",

  nav: { label: "Разделы", live: "Сейчас", calls: "Звонки", inbox: "Входящие", operations: "Работа", settings: "Настройки", start: "Начало работы", call: "Звонок" },
  account: {
    signOut: "Выйти",
    toLight: "Включить светлые цвета",
    toDark: "Включить тёмные цвета",
  },

  ...shell,

  connection: {
    name: {
      starting: "Соединение",
      live: "На связи",
      "catching-up": "Догоняем",
      polling: "Опрос",
      offline: "Нет связи",
    },
    explain: {
      starting: "Загружается то, что происходит сейчас.",
      live: "Каждое событие приходит сразу, ни одно не пропущено.",
      "catching-up": "Поток прервался. Пропущенное загружается.",
      polling: "Потока нет; новые события запрашиваются каждые две секунды. Ни одно не пропущено.",
      offline: "Сервер недоступен. Показано последнее известное состояние.",
    },
    seq: (seq: number) => `Событие ${number(seq)}`,
    heard: (ago: string) => `ответ ${ago}`,
    neverHeard: "ответа ещё не было",
    lag: (seconds: string) => `задержка ${seconds} с`,
    lagExplained: (seconds: string) => `Последнее событие пришло через ${seconds} с после записи.`,
  },
  stale: { asOf: (time: string) => `на ${time}` },

  span: {
    seconds: (n: number) => `${number(n)} с`,
    minutes: (n: number) => `${number(n)} мин`,
    hours: (n: number) => `${number(n)} ч`,
    days: (n: number) => `${number(n)} дн`,
  },
  ago: { now: "только что", since: (span: string) => `${span} назад` },

  today: "Сегодня",
  yesterday: "Вчера",
  party: { unknown: "Неизвестный", to: "→" },
  direction: {
    inbound: "Входящий",
    outbound: "Исходящий",
    internal: "Внутренний",
    external: "Внешний",
  },
  status: {
    queued: "В очереди",
    initiated: "Начинается",
    ringing: "Вызов",
    "in-progress": "Разговор",
    completed: "Отвечен",
    busy: "Занято",
    "no-answer": "Нет ответа",
    canceled: "Сброшен до ответа",
    failed: "Не удался",
  },

  calls: {
    active: "Текущие звонки",
    count: (n: number) => counted(n, { one: "звонок", few: "звонка", other: "звонков" }),
    none: "Сейчас звонков нет",
    noneBody: "Звонок появится здесь, как только начнётся. Обновлять страницу не нужно.",
    inAll: "всего",
    ringsAt: (names: string) => `вызывается ${names}`,
    answeredBy: (names: string) => `отвечает ${names}`,
    andMore: (name: string, n: number) => `${name} и ещё ${number(n)}`,
  },

  alert: {
    soundWaits: "Звук ждёт щелчка или нажатия клавиши",
    incoming: (from: string) => `Звонит ${from}`,
    to: (number: string) => `на ${number}`,
  },

  settings,

  start,

  copy: { copy: "Копировать", copied: "Скопировано", label: (what: string) => `Копировать: ${what}` },

  conversations: {
    title: "Недавние собеседники",
    all: "Все звонки",
    list: "Собеседники",
    count: (n: number) => counted(n, { one: "собеседник", few: "собеседника", other: "собеседников" }),
    none: "Собеседников пока нет",
    noneBody: "Все звонки с одним внешним номером собираются вместе. Первый звонок начнёт первую такую запись.",
    notFound: "Ничего не найдено",
    notFoundBody: "Нет собеседника с такими данными и таким последним звонком. Ослабьте поиск или фильтры.",
    choose: "Выберите собеседника, чтобы увидеть его звонки.",
    back: "← Все собеседники",
    callPages: "Страницы звонков",
    noCalls: "Звонков нет",
    detail: "Собеседник",
  },
  unread: {
    mark: "Не просмотрено:",
    count: (n: number, isCut: boolean) => `${number(n)}${isCut ? "+" : ""}`,
    title: (n: string) => `не просмотрено: ${n}`,
    readAll: "Снять отметки",
    none: "Всё просмотрено",
    noneBody: "Собеседник не просмотрен, если с ним был звонок после того, как вы в последний раз открывали его в этом браузере.",
  },
  pages: {
    previous: "Новее",
    next: "Старше",
    range: (first: number, last: number, total: number) => `${number(first)}–${number(last)} из ${number(total)}`,
  },
  list: { toTop: "↑ К новым", more: "Показать ещё" },
  filter: {
    search: "Имя или номер",
    direction: "Направление последнего звонка",
    status: "Исход последнего звонка",
    anyDirection: "Любое направление",
    anyOutcome: "Любой исход",
    missed: "Пропущенные",
    recording: "С записью",
    unread: "Не просмотренные",
    from: "С",
    to: "по",
    clear: "Сбросить",
  },
  outcome: {
    missed: "Пропущен",
    answered: (talk: string) => `Отвечен, разговор ${talk}`,
    answeredAfter: (wait: string, talk: string) => `Отвечен через ${wait}, разговор ${talk}`,
    missedBecause: {
      "no-answer": "Пропущен: никто не ответил",
      busy: "Пропущен: линия занята",
      canceled: "Пропущен: звонивший не дождался ответа",
      failed: "Пропущен: соединить не удалось",
    },
    unreached: {
      "no-answer": "Никто не ответил",
      busy: "Линия занята",
      canceled: "Сброшен до ответа",
      failed: "Соединить не удалось",
    },
    waiting: "ожидание",
    talking: "разговор",
  },

  csv: {
    export: "Скачать CSV",
    conversations: "собеседники",
    calls: "звонки",
    labelConversations: "Все показанные собеседники таблицей",
    labelCalls: "Все звонки с этим собеседником таблицей",
    progress: (percent: number) => `Экспорт: ${percent} %`,
    cancel: "Отмена",
    contact: "Собеседник",
    number: "Номер",
    lastCall: "Последний звонок",
    time: "Время",
    direction: "Направление",
    outcome: "Итог",
    wait: "Ожидание, секунд",
    talk: "Разговор, секунд",
    recording: "Запись",
  },

  payload: { show: "Показать личные данные", hide: "Скрыть личные данные" },

  call,

  recording: {
    title: "Запись разговора",
    load: "Прослушать запись",
    loading: "Запись загружается",
    play: "Слушать",
    pause: "Пауза",
    position: "Место в записи",
    at: (at: number, of: number) => `${span(at)}, всего ${span(of)}`,
    rate: (times: number) => `${number(times)}×`,
    speed: (times: number) => `Скорость: ${number(times)}×`,
    download: "Скачать",
    caller: "Звонящий",
    callee: "Абонент",
    elsewhere: "Открыть у провайдера",
    broken: "Этот браузер не может воспроизвести запись",
    brokenFix: "Откройте её у провайдера или попробуйте другой браузер.",
  },

  inbox: {
    title: "Входящие",
    filter: "Показать",
    states: { all: "Все", pending: "Ждут", failed: "Повторы", dead_letter: "Необработанные" },
    nothing: {
      all: { title: "Здесь пока пусто", body: "Вебхуки появятся здесь, как только провайдер пришлёт первый." },
      pending: { title: "Ничего не ждёт", body: "Всё полученное уже пробовали обработать." },
      failed: { title: "Ничего не повторяется", body: "Что не получилось на время, повторяется само и пока стоит здесь." },
      dead_letter: { title: "Необработанных нет", body: "Что обработать нельзя, остаётся здесь с причиной, пока кто-нибудь не повторит." },
    },
    mayNot: "Вы можете смотреть, но не повторять: для этого нужно право events.replay.",
    received: "Получено",
    callColumn: "Звонок",
    reason: "Причина",
    attempts: (n: number) => counted(n, { one: "попытка", few: "попытки", other: "попыток" }),
    events: (n: number) => counted(n, { one: "событие", few: "события", other: "событий" }),
    eventType: {
      "call-inbound": "Входящий звонок",
      "call-status": "Статус звонка",
      "recording-complete": "Запись готова",
      "dial-action": "Итог набора",
    },
    reasons: {
      noObject: () => "Содержимое не похоже на параметры запроса",
      otherCallback: (name: string) => `У Twilio нет вебхука «${name}»`,
      noCall: () => "Нет CallSid: неизвестно, о каком звонке речь",
      longCall: () => "CallSid пуст или длиннее, чем бывает у Twilio",
      otherProvider: (name: string) => `Провайдер «${name}» здесь неизвестен`,
    },
    otherReason: (kept: string) => `Событие не удалось обработать: «${kept}»`,
    processing: {
      pending: "Ждёт",
      processing: "Обрабатывается",
      completed: "Готово",
      failed: "Будет повторено",
      dead_letter: "Не обработано",
    },
    replay: "Повторить",
    replayed: "Снова в очереди",
    replayLabel: (id: string) => `Повторить событие ${id}`,
    replayThese: "Повторить эти",
    replayTheseLabel: (reason: string) => `Повторить эти: ${reason}`,
    select: (id: string) => `Выбрать событие ${id}`,
    selectGroup: (n: number, reason: string) => `Выбрать ${counted(n, { one: "событие", few: "события", other: "событий" })} с причиной: ${reason}`,
    selection: "Выбранное",
    selected: (n: number) => `Выбрано: ${number(n)}`,
    selectNone: "Снять",
    replaySelected: (n: number) => `Повторить ${number(n)}`,
    replayPicked: (n: number) => `Повторить выбранное: ${counted(n, { one: "событие", few: "события", many: "событий", other: "события" })}`,
    replaying: "Повтор",
    results: "Итоги",
    outcome: {
      unsent: "Не отправлено",
      waiting: "Ещё ждёт",
      done: "Готово",
      retry: "Будет повторено",
      dead: "Снова не обработано",
      unchanged: "Повторять нечего",
      missing: "Не найдено",
    },
    stop: "Остановить",
    stopNote: "Ничего не потеряется: что не отправлено, остаётся как было.",
    stopped: (sent: number, unsent: number) => `Остановлено: отправлено ${number(sent)}, осталось как было ${number(unsent)}.`,
    goOn: "Продолжить с остальными",
    replayAll: (n: number) => (n === 1 ? "Повторить все" : `Повторить все ${number(n)}`),
    replayAllTitle: "Повторить все необработанные?",
    replayTheseTitle: "Повторить все с этой причиной?",
    replayAllBody: (n: number) =>
      `Снова в очередь с новыми попытками: ${counted(n, { one: "событие", few: "события", other: "событий" })}. Уже применённое второй раз не применится.`,
    replayAllDo: "Повторить",
    cancel: "Отмена",
    progress: (done: number, total: number) => `Повторено ${number(done)} из ${number(total)}`,
    progressDone: (total: number, failed: number) =>
      failed === 0
        ? `Все ${number(total)} обработаны.`
        : `Обработано ${number(total - failed)}, снова не обработано ${number(failed)}.`,
    oldestNamed: (n: number) => `По одному показаны самые старые: ${number(n)}.`,
    dismiss: "Скрыть",
    detail: "Полученное событие",
    became: "Что из него вышло",
    becameNothing: "В журнал звонка ничего не записано.",
    payload: "Содержимое",
    dedupe: "Ключ дедупликации",
    processed: "Обработано",
    nextAttempt: "Следующая попытка",
    tried: "Попытки",
  },

  units: { ms: "мс", s: "с", min: "мин", h: "ч", kb: "КБ", mb: "МБ", gb: "ГБ" },
  operations,

  keys: {
    title: "Клавиши",
    off: "Одиночные клавиши выключены в настройках этого браузера.",
    open: "Клавиши и команды",
    palette: "Поиск и команды",
    then: "затем",
    list: [
      { keys: ["Ctrl K"], does: "Найти собеседника, номер, звонок или действие" },
      { keys: ["g", "l"], does: "Раздел «Сейчас»" },
      { keys: ["g", "c"], does: "Раздел «Звонки»" },
      { keys: ["g", "i"], does: "Раздел «Входящие»" },
      { keys: ["g", "o"], does: "Раздел «Работа»" },
      { keys: ["g", "s"], does: "Раздел «Настройки»" },
      { keys: ["g", "a"], does: "Мой профиль" },
      { keys: ["/"], does: "Искать в списке" },
      { keys: ["j"], does: "Следующая строка или карточка (и ↓)" },
      { keys: ["k"], does: "Предыдущая строка или карточка (и ↑)" },
      { keys: ["←"], does: "Список слева (→ — список справа)" },
      { keys: ["Enter"], does: "Открыть строку или карточку" },
      { keys: ["x"], does: "Выбрать строку входящих (щелчок с Shift — до неё)" },
      { keys: ["r"], does: "Повторить выбранное или строку" },
      { keys: ["Esc"], does: "Закрыть открытое; в звонке — вернуться к текущему" },
      { keys: ["?"], does: "Эта памятка" },
    ],
  },

  failed: {
    title: "Не удалось загрузить",
    forbidden: "Вам это недоступно",
    status: (status: number) => `Сервер ответил: ${String(status)}.`,
    unreachable: "Сервер недоступен",
    unreachableFix: "Проверьте, что Hookswitch работает и что есть связь с сетью.",
    unsure: "Ответ потерян: неизвестно, выполнено ли действие",
    unsureFix: "Прежде чем повторить его, проверьте, не выполнено ли оно.",
    unanswered: "Сервер не отвечает",
    unansweredFix: "Повторите через минуту. Если ответа так и нет, посмотрите на состояние сервера и в его журнал.",
    piece: "Не удалось загрузить часть страницы",
    pieceFix: "Проверьте связь с сетью и повторите: страница загрузится заново. После обновления Hookswitch такое бывает один раз.",
    broken: "На этой странице ошибка",
    brokenFix: (said: string) => `Повторите: страница загрузится заново. Если не поможет, сообщите администратору: «${said}»`,
    trace: (id: string) => `Трассировка ${id}`,
    retry: "Повторить",
  },
  loading: "Загрузка",
};
