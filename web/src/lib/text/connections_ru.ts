// The words about a project's accounts at providers, its settings, and whether they work, in Russian.
import type { FindingWords } from "../finding_words";
import type { connections as english } from "./connections_en";

const check: FindingWords = {
  state: { good: "В порядке", unknown: "Неизвестно", warn: "Проверьте", bad: "Исправьте" },
  of: {
    address_ok: { title: ({ found }) => `Сервер отвечает по адресу ${found}.` },
    address_not_https: {
      title: ({ found }) => `Адрес ${found} — не https.`,
      fix: () => "В вебхуках Twilio есть персональные данные. Поставьте перед сервером прокси с TLS, укажите его адрес https в WEBHOOK_BASE_URL и перезапустите сервер.",
    },
    address_private: {
      title: ({ found }) => `Адрес ${found} недоступен из интернета.`,
      fix: () => "Укажите в WEBHOOK_BASE_URL адрес https, по которому этот сервер виден из интернета, и перезапустите его.",
    },
    address_unreachable: {
      title: ({ found }) => `Сервер не смог обратиться к самому себе по адресу ${found}.`,
      fix: () => "Если события Twilio приходят, закрыт лишь путь изнутри. Если нет, проверьте запись DNS, прокси, его сертификат и межсетевой экран.",
    },
    address_elsewhere: {
      title: ({ found }) => `По адресу ${found} отвечает что-то другое.`,
      fix: () => "Имя или прокси за ним ведёт на другой сервер. Исправьте это или укажите в WEBHOOK_BASE_URL верный адрес и перезапустите сервер.",
    },
    no_account: { title: () => "Ни один аккаунт Twilio не подключён, поэтому все вебхуки отклоняются.", fix: () => "Подключите аккаунт: его SID и auth token указаны в Twilio Console, раздел Account info." },
    account_ok: { title: ({ account }) => `Twilio знает аккаунт ${account}, его auth token верный.` },
    account_refused: {
      title: ({ account, found }) => `Twilio не принимает auth token аккаунта ${account} (${found}).`,
      fix: () => "Скопируйте основной токен (primary auth token) из Twilio Console, раздел Account info, и задайте его здесь. У субаккаунта свой токен.",
    },
    account_inactive: {
      title: ({ account, found }) => `Состояние аккаунта ${account} в Twilio: ${found}.`,
      fix: () => "Активируйте его в Twilio Console: звонки через него тоже не работают.",
    },
    account_unknown: {
      title: ({ account, found }) => `Не удалось спросить об аккаунте ${account}: ${found}.`,
      fix: () => "Повторите проверку через минуту. Если не поможет, проверьте, может ли сервер обращаться к https://api.twilio.com.",
    },
    no_numbers: { title: () => "У проекта не указано ни одного своего номера.", fix: () => "Укажите номера в настройках проекта: по ним входящие звонки отличаются от исходящих." },
    number_ok: { title: ({ number }) => `О звонках на ${number} этот сервер узнаёт всё, от вызова до завершения.` },
    number_missing: {
      title: ({ number }) => `Номера ${number} нет ни в одном подключённом аккаунте.`,
      fix: () => "Подключите аккаунт, которому он принадлежит, или уберите номер из настроек проекта.",
    },
    number_elsewhere: {
      title: ({ number, found }) => (found === "" ? `Звонки на ${number} никуда не направлены.` : `Звонки на ${number} направлены на ${found}.`),
      fix: () => "Console → Phone Numbers → Active numbers → номер → A call comes in: Webhook, HTTP POST, с этим адресом:",
    },
    number_method: {
      title: ({ number, found }) => `О звонках на ${number} сообщается методом ${found}.`,
      fix: () => "Console → номер → A call comes in: выберите HTTP POST.",
    },
    number_application: {
      title: ({ number, found }) => `Звонки на ${number} обрабатывает приложение TwiML ${found}; адрес самого номера не действует.`,
      fix: () => "Console → номер → Configure with: выберите Webhook вместо TwiML App. Или Console → Voice → TwiML apps → приложение: задайте ему этот адрес как Voice Request URL, HTTP POST:",
    },
    number_trunk: {
      title: ({ number, found }) => `Звонки на ${number} уходят в SIP-транк ${found}; вебхуки номера не вызываются.`,
      fix: () => "Console → номер → Configure with: выберите Webhook вместо SIP Trunk, с этим адресом:",
    },
    number_status: {
      title: ({ number, found }) => (found === "" ? `О завершении звонков на ${number} никто не сообщает.` : `О завершении звонков на ${number} сообщается на ${found}.`),
      fix: () => "Звонок, который сбросили до ответа, будет выглядеть так, будто ещё идёт вызов. Console → номер → Call status changes, HTTP POST:",
    },
    number_status_method: {
      title: ({ number, found }) => `О завершении звонков на ${number} сообщается методом ${found}.`,
      fix: () => "Console → номер → Call status changes: выберите HTTP POST.",
    },
    number_unlisted: {
      title: ({ number }) => `Номер ${number} направлен сюда, но среди номеров проекта его нет.`,
      fix: () => "Добавьте его в настройках проекта, иначе его звонки будут считаться внешними.",
    },
    events_arrive: { title: () => "Подписанные события приходят." },
    events_none: { title: () => "Ни одно событие ещё не пришло.", fix: () => "Позвоните на свой номер: первое событие покажет, что работает весь путь." },
    events_refused: { title: () => "Последнее событие отклонено." },
  },
};

export const connections: typeof english = {
  accounts: "Аккаунты",
  none: "Ни один аккаунт не подключён",
  noneBody: "Hookswitch не верит вебхукам, которые не подписаны токеном известного ему аккаунта.",
  connect: "Подключить аккаунт",
  connectTitle: "Подключить аккаунт Twilio",
  connectSubmit: "Подключить",
  account: "SID аккаунта",
  accountNote: "Twilio Console → Account info. Начинается с AC.",
  secret: "Auth token",
  secretNote: "Основной (primary). Хранится зашифрованным; его не покажут никому — ни здесь, ни через API.",
  secondary: "Второй auth token, на время замены",
  secondaryNote: "Принимаются вебхуки, подписанные любым из двух. Если поле пустое — только первым.",
  change: "Изменить",
  changeLabel: (account: string) => `Изменить токены ${account}`,
  changeTitle: (account: string) => `Новые токены для ${account}`,
  changeSubmit: "Сохранить",
  remove: "Отключить",
  removeLabel: (account: string) => `Отключить ${account}`,
  removeTitle: "Отключить аккаунт?",
  removeBody: (account: string) => `Вебхуки ${account} будут отклоняться, и звонки на его номера перестанут проходить. Всё полученное останется.`,
  twilio: "Twilio",
  configured: "из конфигурации",
  configuredNote: "TWILIO_ACCOUNT_SID и TWILIO_AUTH_TOKEN; подключённое здесь важнее",
  two: "два токена",
  connected: "с",
  changed: "токены изменены",
  works: "Подключён",

  checkTitle: "Приходят ли события?",
  checkNote: "Проверяет публичный адрес этого сервера и спрашивает Twilio о каждом аккаунте и номере. Ничего не меняет.",
  checkNow: "Проверить",
  checkAgain: "Проверить ещё раз",
  checking: "Спрашиваем Twilio…",
  checked: "Проверено",
  expected: "Адрес",
  openSettings: "Настройки проекта",
  check,

  project: {
    title: "Проект",
    name: "Название",
    numbers: "Свои номера",
    numbersNote: "В формате E.164, через запятую: +16175006181, +12125550123. Первый видят те, кому звонят с SIP-телефонов.",
    region: "Регион",
    regionNote: "Две буквы, например US: для номеров, записанных без кода страны.",
    sip: "Куда направлять звонки извне",
    sipNote: "Они поступают этому SIP-пользователю. Без него звонки отклоняются.",
    sipUser: "SIP-пользователь",
    sipDomain: "SIP-домен",
    zone: "Часовой пояс",
    zoneNote: "По его часам выполняются ночные работы проекта. То, что видите вы, показано в вашем поясе.",
    preset: (value: string) => `Если пусто — как в конфигурации: ${value}.`,
    save: "Сохранить",
    saved: "Сохранено. Все узлы узнают об этом за секунду-две.",
  },
};
