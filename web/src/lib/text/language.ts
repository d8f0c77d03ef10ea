// How a language writes numbers, and what it counts.

/** The forms of a counted thing, by CLDR's plural categories; `other` stands for those that are left out. */
export type Forms = { one: string; few?: string; many?: string; other: string };

type Language = {
  /** `12,345` */
  number: (n: number) => string;
  /** `3 calls` */
  counted: (n: number, forms: Forms) => string;
};

export function language(locale: string): Language {
  const format = new Intl.NumberFormat(locale);
  const rules = new Intl.PluralRules(locale);
  const number = (n: number): string => format.format(n);
  const counted = (n: number, forms: Forms): string => {
    const category = rules.select(n);
    const form = category === "one" || category === "few" || category === "many" ? forms[category] : undefined;
    return `${number(n)} ${form ?? forms.other}`;
  };
  return { number, counted };
}
