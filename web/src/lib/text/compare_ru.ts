// What is said of a call laid beside its provider's word, in Russian.
import type { compare as english } from "./compare_en";

export const compare: typeof english = {
  title: "У провайдера",
  note: "Что провайдер говорит об этом звонке сейчас, рядом с тем, что показано здесь.",
  asked: "Спрошено",
  compare: "Сравнить",
  again: "Сравнить ещё раз",
  what: "Что",
  ours: "Здесь",
  theirs: "Провайдер",
  none: "неизвестно",
  mends: "изменится",
  stands: "остаётся наше",
  fields: {
    status: "Статус",
    direction: "Направление",
    from: "Откуда",
    to: "Куда",
    parent_call_sid: "Плечо звонка",
    start_time: "Начат",
    end_time: "Завершён",
    duration: "Длительность",
    price: "Цена",
    recordings: "Записи",
  },
  inStep: "Расхождений нет, исправлять нечего.",
  oursStands: "Различия ничего не меняют: провайдер отстаёт или называет то же иначе.",
  drifted: "Провайдер знает больше нас. Сверка сразу перенесёт это сюда.",
  driftedNoRight: "Провайдер знает больше нас. Это перенесёт ближайшая сверка.",
  unknownThere: "Провайдер не знает этого звонка.",
  reconcile: "Сверить",
};
