// What the room for operations says, in Russian.
import { language } from "./language";
import type { operations as en } from "./operations_en";

const { number } = language("ru");

export const operations: typeof en = {
  title: "Поток событий",
  fine: "Всё полученное применено и показано или вот-вот будет.",
  reasons: "Что не в порядке",
  status: { ok: "Всё в порядке", degraded: "С перебоями", down: "Не работает" },
  spool: { name: "Буфер", note: "пока база недоступна" },
  pending: { name: "Ждут", note: "событий во входящих" },
  oldest: { name: "Дольше всего ждёт", note: "из этих событий" },
  dead: { name: "Необработанные", note: "требуют внимания" },
  counted: (ago: string) => `подсчитано ${ago} назад`,
  lag: { name: "От приёма до применения", note: "у последних событий" },
  seq: { name: "Лента", note: "номер последнего события" },
  publish: { name: "От применения до показа", note: "у последних событий" },
  clients: { name: "Смотрят", note: "открытых потоков" },
  jobs: {
    title: "Задания",
    names: {
      reconcile_hot: { name: "Текущие звонки", does: "спрашивает провайдера о незавершённых звонках" },
      reconcile_warm: { name: "Звонки последних часов", does: "ищет запоздавшие цены, длительности и записи" },
      reconcile_cold: { name: "Последние сутки", does: "ночью сверяет с провайдером все звонки за сутки" },
      sync_recent: { name: "Последний час", does: "сверяет с провайдером все звонки за час" },
      sync_today: { name: "Три дня", does: "сверяет с провайдером все звонки за три дня, для экстренных случаев" },
      freeze: { name: "Заморозка", does: "больше не опрашивает звонки, завершённые сутки назад" },
      rebuild: { name: "Пересчёт", does: "заново считает звонки каждого разговора" },
      retention: { name: "Срок хранения", does: "удаляет то, что больше не хранится" },
      housekeeping: { name: "Уборка", does: "удаляет давно завершённые сеансы, ссылки и запуски" },
    },
    state: { waiting: "Ждёт очереди", running: "Выполняется", succeeded: "Выполнено", failed: "Ошибка", never: "Ещё не запускалось", off: "Отключено" },
    counts: {
      checked: (n) => `проверено: ${number(n)}`,
      synced: (n) => `исправлено: ${number(n)}`,
      frozen: (n) => `заморожено: ${number(n)}`,
      recounted: (n) => `поправлено: ${number(n)}`,
      deleted: (n) => `удалено: ${number(n)}`,
    },
    ended: "завершено",
    next: "следующий запуск",
    onRequest: "только по запросу",
    askedBy: (who) => `запустил: ${who}`,
    run: "Запустить",
    runLabel: (name) => `Запустить: ${name}`,
    progress: "Ход выполнения",
    done: (n) => `пока ${number(n)}`,
    doneOf: (n, total) => `${number(n)} из ${number(total)}`,
    failures: (n) => `подряд: ${number(n)}`,
  },
  drift: {
    title: "Расхождения",
    none: "Ничего не пропало",
    noneBody: (days) => `Дней без расхождений: ${number(days)}. Провайдер не знал о звонках ничего, чего не знали бы мы.`,
    day: "День (UTC)",
    kinds: { call: "Звонки", status: "Статус", duration: "Длительность", price: "Цена", recording: "Записи", time: "Время", parties: "Участники" },
  },
};
