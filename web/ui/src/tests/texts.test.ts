import { describe, expect, it } from 'vitest';

import { duration, translate } from '../i18n';
import { en } from '../i18n/en';
import { lv } from '../i18n/lv';

const holes = (message: unknown): string[] =>
  [...new Set([...JSON.stringify(message).matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? ''))].sort();

describe('texts', () => {
  it('stand in both languages with the same holes to fill', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(lv).sort());
    for (const key of Object.keys(lv) as (keyof typeof lv)[]) {
      expect(holes(en[key]), key).toEqual(holes(lv[key]));
    }
  });

  it('are named once: of two of one name the later would hide the other', () => {
    const files = Object.values(import.meta.glob<Record<string, object>>('../i18n/{lv,en}.*.ts', { eager: true }));
    const names = files.flatMap((file) => Object.entries(file).flatMap(([of, each]) => Object.keys(each).map((key) => `${of.slice(0, 2)}.${key}`)));
    expect(files.length).toBeGreaterThan(20);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('follow the Latvian plural: 1, 21 and 101 are singular, 11 is not', () => {
    const served = (n: number) => translate('lv', 'served', { n });
    expect([1, 21, 101].map(served)).toEqual(['1 apkalpots', '21 apkalpots', '101 apkalpots']);
    expect([2, 11, 20].map(served)).toEqual(['2 apkalpoti', '11 apkalpoti', '20 apkalpoti']);
    expect(served(0)).toBe('nav apkalpotu');
  });

  it('show durations alike in both languages', () => {
    expect([0, 59.9, 65, 3605, -3].map(duration)).toEqual(['0:00', '0:59', '1:05', '1:00:05', '0:00']);
  });
});
