// What the room for operations says, in Russian.
import type { operations as en } from "./operations_en";

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
    title: "Сверка",
    none: "Сверка ещё не ведётся",
    noneBody: "Пропущенное провайдером пока не ищется. Задания появятся здесь, когда заработают.",
    name: "Задание",
    success: "Последний успех",
    failure: "Последняя ошибка",
    never: "никогда",
  },
};
