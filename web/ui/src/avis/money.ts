import type { Language } from '../i18n';

/** Cents as people write them: `1,10 €` in Latvian, `€1.10` in English. */
export function euro(cents: number, lang: Language): string {
  return new Intl.NumberFormat(lang === 'lv' ? 'lv' : 'en-IE', { style: 'currency', currency: 'EUR' }).format(cents / 100);
}

/** `1,10` or `1.10` as cents; null when it is empty, NaN when it is no amount. */
export function cents(text: string): number | null {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return null;
  return /^\d{1,5}(\.\d{1,2})?$/.test(plain) ? Math.round(Number(plain) * 100) : NaN;
}

/** What an amount looks like in a field. */
export function amount(value: number | null): string {
  return value === null ? '' : (value / 100).toFixed(2).replace('.', ',').replace(/,00$/, '');
}

/** Words between commas. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
}
