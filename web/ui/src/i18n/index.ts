import type { Bilingual } from '../api/types';
import { createStore, useStore } from '../ui/store';
import { en } from './en';
import { lv } from './lv';

export type Language = 'lv' | 'en';
export type Key = keyof typeof lv;
export interface Forms {
  zero?: string;
  one?: string;
  other: string;
}
/** Every language has the same keys; a plural is an object of forms in all of them. */
export type Messages = { readonly [K in Key]: (typeof lv)[K] extends string ? string : Forms };

const LANGUAGES: Record<Language, Messages> = { lv, en };
/** How dates are written: a day before its month and 24 hours, whatever the language. */
const REGION: Record<Language, string> = { lv: 'lv', en: 'en-GB' };
/** Every service and every appointment keeps the clock of Latvia, wherever a device believes to be. */
export const timeZone = 'Europe/Riga';
const STORED = 'klatiene.language';

function first(): Language {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored === 'lv' || stored === 'en') return stored;
  } catch {
    // Storage may be forbidden; Latvian is the default anyway.
  }
  return 'lv';
}

export const language = createStore<Language>(first());

export function setLanguage(next: Language): void {
  language.set(next);
  document.documentElement.lang = next;
  try {
    localStorage.setItem(STORED, next);
  } catch {
    // Kept for this page only.
  }
}

type Values = Record<string, string | number>;

/** The message of a key in a language; `n` chooses the plural form, with Latvian's own rules. */
export function translate(lang: Language, key: Key, values: Values = {}): string {
  const message: string | Forms = LANGUAGES[lang][key];
  const text = typeof message === 'string' ? message : form(lang, message, Number(values['n'] ?? 0));
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

function form(lang: Language, forms: Forms, n: number): string {
  if (n === 0 && forms.zero !== undefined) return forms.zero;
  const category = new Intl.PluralRules(lang).select(n);
  return (category === 'one' ? forms.one : undefined) ?? forms.other;
}

/** Is there a message of this name? For words that come from the server. */
export function isKey(name: string): name is Key {
  return name in lv;
}

export interface Texts {
  lang: Language;
  t: (key: Key, values?: Values) => string;
  /** A word of the server's vocabulary: `word('PAK_', '06')`, or the bare value when it is new to us. */
  word: (prefix: string, value: string) => string;
  of: (text: Bilingual | string | null | undefined) => string;
  duration: (seconds: number) => string;
  /** At most one digit after the comma, or the point. */
  number: (value: number) => string;
  time: (ms: number) => string;
  date: (ms: number) => string;
  /** A day with its weekday, to stand alone. */
  day: (ms: number) => string;
}

export function textsOf(lang: Language): Texts {
  const t = (key: Key, values?: Values) => translate(lang, key, values);
  return {
    lang,
    t,
    word: (prefix, value) => {
      const name = `${prefix}${value}`;
      return isKey(name) ? t(name) : value;
    },
    of: (text) => (typeof text === 'string' ? text : text ? text[lang] : ''),
    duration: (seconds) => duration(seconds),
    number: (value) => new Intl.NumberFormat(REGION[lang], { maximumFractionDigits: 1 }).format(value),
    time: (ms) => new Intl.DateTimeFormat(REGION[lang], { timeZone, hour: '2-digit', minute: '2-digit' }).format(ms),
    date: (ms) => new Intl.DateTimeFormat(REGION[lang], { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(ms),
    day: (ms) =>
      new Intl.DateTimeFormat(REGION[lang], { timeZone, weekday: 'long', day: 'numeric', month: 'long' }).format(ms),
  };
}

/** `4:05`, or `1:04:05` from an hour on: read alike in both languages. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const [h = 0, m = 0, s = 0] = parts;
  const ss = String(s).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${ss}` : `${m}:${ss}`;
}

export function useTexts(): Texts {
  return textsOf(useStore(language));
}
