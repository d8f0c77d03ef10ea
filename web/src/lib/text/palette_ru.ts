// What the palette says, in Russian.
import type { palette as english } from "./palette_en";

export const palette: typeof english = {
  searching: "Поиск",
  failed: (why: string) => `Не удалось выполнить поиск контактов. ${why}`,
  sidFailed: (why: string) => `Не удалось узнать, что есть по этому SID. ${why}`,
  title: "Перейти или сделать",
  placeholder: "Имя, номер, SID звонка или действие",
  results: "Найдено",
  view: (name: string) => `Перейти: ${name}`,
  call: (sid: string) => `Открыть звонок ${sid}`,
  event: (sid: string) => `Открыть полученное о ${sid}`,
  search: (q: string) => `Искать «${q}» во всех звонках`,
  contact: "собеседник",
  webhook: "вебхук",
  action: "действие",
  nothing: "Ничего не найдено.",
  unknownSid: "Такого SID здесь нет. По SID находятся звонки; запись или сообщение ищите по их звонку.",
};
