// The words of who comes by a link, in Russian.
import type { welcomeWords as en } from "./welcome_en";

export const welcomeWords: typeof en = {
  invitation: "Добро пожаловать в Hookswitch",
  invitationBody: (email: string) => `Придумайте пароль для ${email} или введите тот, что у него здесь уже есть.`,
  reset: "Новый пароль",
  resetBody: (email: string) => `Это будет пароль для ${email}. Остальные ваши сеансы завершатся.`,
  name: "Ваше имя",
  submit: "Продолжить",
  expired: "Эта ссылка больше не действует",
  expiredBody: "Ею уже воспользовались, или её срок истёк. Попросите новую у того, кто её прислал.",
  lost: "Откройте ссылку ещё раз",
  lostBody: "Ссылка не остаётся в адресной строке, чтобы никто её там не нашёл. Откройте её снова там, куда она пришла.",
  toSignIn: "На страницу входа",
};
