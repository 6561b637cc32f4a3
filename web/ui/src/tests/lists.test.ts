import { describe, expect, it } from 'vitest';

import type { Agency, GroupView, OfficerCard, Tile } from '../api/types';
import { needsOf } from '../board/needs';
import { choose, NO_FILTER } from '../clerk/filter';

const agencies = [
  { id: 'vsaa', code: 'VSAA', name: { lv: 'Valsts sociālās apdrošināšanas aģentūra', en: 'Social Insurance' } },
  { id: 'vid', code: 'VID', name: { lv: 'Valsts ieņēmumu dienests', en: 'Revenue' } },
] as Agency[];
const groups = [{ id: 'g1', agency_id: 'vsaa', name: { lv: 'Pabalsti ģimenēm', en: 'Family benefits' } }] as GroupView[];
const officer = (id: string, agency_id: string, indicator: string, languages = ['lv']) =>
  ({ id, name: id, agency_id, indicator, languages, groups: agency_id === 'vsaa' ? [{ id: 'g1', level: 1 }] : [] }) as unknown as OfficerCard;
const officers = [
  officer('a', 'vsaa', 'offline'),
  officer('b', 'vsaa', 'available', ['lv', 'en']),
  officer('c', 'vid', 'busy'),
];
const found = (change: Partial<typeof NO_FILTER>) =>
  choose({ ...NO_FILTER, ...change }, agencies, groups, officers).flatMap((each) => each.officers.map((one) => one.id));

describe("the clerk's list of officers", () => {
  it('puts those who can answer first', () => expect(found({})).toEqual(['b', 'a', 'c']));
  it('finds without diacritics, by group and by agency', () => {
    expect(found({ text: 'gimenem' })).toEqual(['b', 'a']);
    expect(found({ text: 'ienemumu' })).toEqual(['c']);
    expect(found({ text: 'nobody' })).toEqual([]);
  });
  it('filters by language, group and availability', () => {
    expect(found({ language: 'en' })).toEqual(['b']);
    expect(found({ group: 'g1', onlyAvailable: true })).toEqual(['b']);
  });
});

describe('what needs a supervisor', () => {
  const tile = (name: string, waiting: number, signed_in: number, available: number, longest_wait_s: number) =>
    ({ group_id: name, name, waiting, signed_in, available, longest_wait_s }) as Tile;
  it('is said worst first, and nothing when all is well', () => {
    expect(needsOf([tile('calm', 0, 2, 1, 0), tile('moves', 3, 2, 1, 9)], 0)).toEqual([]);
    const needs = needsOf([tile('short', 1, 1, 0, 5), tile('long', 1, 1, 0, 50), tile('empty', 1, 0, 0, 2)], 2);
    expect(needs.map((need) => (need.kind === 'missed' ? need.n : need.group.group_id))).toEqual(['empty', 'long', 'short', 2]);
  });
});
