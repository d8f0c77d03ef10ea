// What somebody is told who starts with an empty installation, in Russian.
import { language } from "./language";
import type { start as english } from "./start_en";

const { counted } = language("ru");

export const start: typeof english = {
  title: "Начало работы",
  intro: "Hookswitch показывает звонки вашего номера Twilio, как только Twilio начнёт о них сообщать.",
  again: "Как подключён Twilio, приходят ли его события, демонстрационные звонки.",
  open: "Открыть",
  arrived: "Первый звонок пришёл. Всё работает.",
  openArrived: "Открыть звонок",
  dismiss: "Скрыть",

  accounts: "1. Ваш аккаунт Twilio",
  check: "3. Всё ли ведёт сюда?",

  server: {
    title: "Этот сервер",
    ready: "Готово",
    toDo: "Сделать",
    isNear: (base: string) => `Имитатор обращается к серверу по адресу ${base}.`,
    isPublic: (base: string) => `Адрес сервера для Twilio: ${base}.`,
    notPublic: (base: string) =>
      `Адрес ${base} для Twilio недоступен. Укажите в WEBHOOK_BASE_URL адрес https, по которому этот сервер виден из интернета, и перезапустите его.`,
    ingests: "Приём вебхуков включён.",
    doesNotIngest: "Приём вебхуков выключен. Задайте WEBHOOK_INGESTION_ENABLED=true и перезапустите сервер.",
  },

  twilio: {
    title: "2. В Twilio Console",
    number: {
      title: "Ваш номер телефона",
      where: "Phone Numbers → Manage → Active numbers → ваш номер → Voice Configuration. Для звонков с SIP-телефонов вставьте первый адрес ещё и в Voice → SIP domains → ваш домен.",
    },
    voice: { field: "«A call comes in»: Webhook, HTTP POST", note: "Ответ сервера вызывает вашего SIP-пользователя и сам запрашивает события «initiated», «ringing», «answered» и «completed» этого плеча." },
    status: { field: "«Call status changes»: HTTP POST", note: "Отмечать события здесь не нужно: сюда сообщается конец звонка. Если вы звоните через API, укажите этот адрес как StatusCallback с событиями «initiated», «ringing», «answered» и «completed»." },
    recordings: { title: "Записи разговоров, если они ведутся", where: "Там, где запись включается: в TwiML, через API или в консоли." },
    recording: { field: "«Recording status callback»: HTTP POST", note: "Событие: «completed»." },
    own: { title: "Собственный TwiML, если он есть", where: "Наш ответ уже называет этот адрес. Указывайте его только там, где звонок соединяет ваш собственный <Dial>." },
    dial: { field: "action у <Dial>: HTTP POST", note: "Сюда сообщается, чем закончилось вызванное плечо." },
  },

  first: {
    title: "4. Первое событие",
    waiting: "Ждём первое событие",
    waitingBody: "Позвоните на свой номер. Всё, что пришлёт Twilio, сразу появится здесь; обновлять страницу не нужно.",
    received: "События приходят",
    stuck: "Получено, но обработать не удалось",
    refused: "Запрос отклонён",
    latest: (n: number, name: string) => `Получено: ${counted(n, { one: "событие", few: "события", other: "событий" })}. Последнее — «${name}»,`,
    openCall: "Открыть звонок",
    openLive: "Перейти в «Сейчас»",
    openEvent: "Посмотреть событие",
    refusedCount: (n: number) => `С запуска сервера — ${counted(n, { one: "запрос", few: "запроса", other: "запросов" })}, последний`,
    reasons: {
      wrong_url: {
        title: "Токен верный, адрес — нет.",
        fix: (base) => `Twilio обратился не по адресу ${base}, а подписывает он именно тот адрес, по которому обращается. Укажите в WEBHOOK_BASE_URL в точности ту же схему, хост и порт, что и в консоли, или вставьте туда адреса, приведённые выше.`,
      },
      bad_signature: {
        title: "Подпись не сходится.",
        fix: (base) => `Сравните auth token этого аккаунта с основным (primary auth token) в консоли Twilio: задайте его здесь заново. Если они совпадают, значит, Twilio обращается не по адресу ${base} или прокси по дороге меняет путь.`,
      },
      unknown_account: {
        title: "Запрос пришёл от другого аккаунта Twilio.",
        fix: () => "Подключите аккаунт, которому принадлежит номер. У субаккаунта свои sid и токен.",
      },
      no_signature: {
        title: "В запросе не было подписи.",
        fix: () => "Это был не Twilio, или прокси перед сервером убирает заголовок X-Twilio-Signature.",
      },
      malformed_signature: {
        title: "Вместо подписи пришло что-то другое.",
        fix: () => "Это был не Twilio, или прокси перед сервером меняет заголовок X-Twilio-Signature.",
      },
      bad_body: {
        title: "Запрос не удалось прочитать.",
        fix: () => "Twilio присылает формы не больше 64 КБ. Проверьте, не меняет ли прокси тело запроса и не превращает ли перенаправлением POST в GET.",
      },
      foreign_peer: {
        title: "Адреса отправителя нет в списке.",
        fix: () => "Адреса Twilio не постоянны: оставьте WEBHOOK_ALLOWED_CIDRS пустым. Если перед сервером стоит прокси, назовите его в TRUSTED_PROXIES.",
      },
      over_budget: {
        title: "С одного адреса пришло слишком много неверных запросов.",
        fix: () => "Этому отправителю придётся подождать минуту. Верно подписанные события оттуда всё равно принимаются.",
      },
      over_limit: {
        title: "Событий пришло больше, чем разрешено этому проекту.",
        fix: () => "Лишние отправлены обратно. Выясните, откуда их столько; увеличить квоту может администратор установки: hookswitch quota.",
      },
    },
  },

  demo: {
    title: "Просто посмотреть?",
    badge: "Демо",
    badgeNote: "Звонки здесь делает имитатор. Настоящих среди них нет.",
    here: "Это демонстрация: звонки делает имитатор, настоящих среди них нет.",
    make: "Сделать пять демо-звонков",
    made: "Они уже идут.",
    elsewhere: "Здесь демонстрационные звонки не делаются, чтобы их нельзя было принять за настоящие. Эта команда запускает отдельную установку со своим хранилищем и наполняет её звонками:",
    command: "В каталоге с исходным кодом Hookswitch",
  },
};
