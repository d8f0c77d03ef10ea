// Personal data in what a provider sent, made unreadable until somebody asks for it.

const PERSONAL_NAME = /(name|city|state|zip|country|address|email)$/i;
const NUMBER = /(?<![\dA-Za-z])\+?\d[\d\s().-]{5,}\d(?![\dA-Za-z])/g;
const ADDRESS = /\b((?:sips?|client):)[^@;>\s]+/gi;
const DIGITS_OF_A_NUMBER = 7;
const DIGITS_SHOWN = 2;

/** `+15085140320` as `+•••••••••20`: enough to tell two apart. */
function maskNumber(number: string): string {
  let digits = number.replace(/\D/g, "").length;
  if (digits < DIGITS_OF_A_NUMBER) return number;
  return number.replace(/\d/g, (digit) => (digits-- > DIGITS_SHOWN ? "•" : digit));
}

/** A value as it may be shown to everybody; `name` is what the provider calls it. */
export function masked(name: string, value: string): string {
  if (PERSONAL_NAME.test(name) && value !== "") return "•••";
  return value.replace(ADDRESS, "$1•••").replace(NUMBER, maskNumber);
}
