import { describe, expect, it } from 'vitest';

import { inRing, levelled, moved, NEW_GROUP, tidyTime, toggled } from '../admin/documents';
import { differences, merge, same, taking } from '../admin/merge';
import { actionsOf } from '../admin/Overflow';
import type { GroupDocument } from '../admin/types';
import { applyEvent, EMPTY } from '../live/state';

describe('two people at one document', () => {
  const base: GroupDocument = { ...NEW_GROUP, name: { lv: 'Grupa', en: 'Group' }, levels: { one: 1, two: 2 } };

  it('differ by field, one level deep', () => {
    const other = { ...base, name: { lv: 'Grupa', en: 'Team' }, rules: { ...base.rules, channels: 3 }, levels: { one: 1 } };
    expect(differences(base, other)).toEqual(['name.en', 'rules.channels', 'levels.two']);
    expect(differences(base, structuredClone(base))).toEqual([]);
    expect(differences([1, 2], [2, 1])).toEqual(['']);
    expect(same({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
    expect(same([], {})).toBe(false);
  });

  it('lose nothing: each keeps what only they touched', () => {
    const mine = { ...base, name: { lv: 'Mana', en: 'Group' }, levels: { one: 5, two: 2 } };
    const theirs = { ...base, name: { lv: 'Grupa', en: 'Theirs' }, levels: { one: 1, three: 3 } };
    expect(merge(base, mine, theirs)).toEqual({
      document: { ...base, name: { lv: 'Mana', en: 'Theirs' }, levels: { one: 5, three: 3 } },
      theirs: ['name.en', 'levels.two', 'levels.three'],
      clashes: [],
    });
  });

  it('are asked about what both changed, and ours stands until then', () => {
    const mine = { ...base, policy: 'best_level' as const, open: false };
    const theirs = { ...base, policy: 'round_robin' as const, open: false };
    const merged = merge(base, mine, theirs);
    expect(merged.clashes).toEqual(['policy']);
    expect(merged.document.policy).toBe('best_level');
    expect(taking(merged.document, 'policy', theirs).policy).toBe('round_robin');
    expect(merge(['a'], ['a', 'b'], ['c'])).toEqual({ document: ['a', 'b'], theirs: [], clashes: [''] });
    expect(taking(['a', 'b'], '', ['c'])).toEqual(['c']);
  });
});

describe('documents', () => {
  it('take times as people write them', () => {
    expect(['8', '830', '8.30', '8:30', ' 17:00 ', '24', '12,15'].map(tidyTime)).toEqual([
      '08:00',
      '08:30',
      '08:30',
      '08:30',
      '17:00',
      '24:00',
      '12:15',
    ]);
    expect(['25:00', '8:61', '24:30', 'rīts', ''].map(tidyTime)).toEqual(['25:00', '8:61', '24:30', 'rīts', '']);
  });

  it('count a ring with all narrower ones', () => {
    const officers = [
      { id: 'one', levels: { own: 3 } },
      { id: 'two', levels: { own: 1 } },
      { id: 'three', levels: { other: 2 } },
    ];
    const rings = [
      { after_s: 0, groups: [], min_level: 2 },
      { after_s: 30, groups: [], min_level: 0 },
      { after_s: 60, groups: ['other'], min_level: 3 },
      { after_s: 90, groups: ['own', 'other'], min_level: 2 },
    ];
    const levels = { one: 3, two: 1 };
    expect([0, 1, 2, 3].map((number) => inRing(rings, number, 'own', levels, officers))).toEqual([
      ['one'],
      ['one', 'two'],
      ['one', 'two'],
      ['one', 'two', 'three'],
    ]);
  });

  it('move, toggle and level', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(toggled(['a'], 'b', true)).toEqual(['a', 'b']);
    expect(toggled(['a', 'b'], 'a', false)).toEqual(['b']);
    expect(levelled({ a: 1 }, 'b', 2)).toEqual({ a: 1, b: 2 });
    expect(levelled({ a: 1, b: 2 }, 'a', 0)).toEqual({ b: 2 });
  });

  it('offer only what can be done then', () => {
    expect(actionsOf('max_wait')).toEqual(['group', 'leave']);
    expect(actionsOf('closed')).toEqual(['refuse', 'group']);
  });
});

describe('a directory that changed', () => {
  const known = {
    ...EMPTY,
    agencies: [{ id: 'vid' }, { id: 'vsaa' }],
    groups: [{ id: 'g1', agency_id: 'vsaa' }, { id: 'g2', agency_id: 'vid' }],
    officers: [{ id: 'o1', agency_id: 'vsaa' }, { id: 'o2', agency_id: 'vid' }],
    officer: { id: 'o1', groups: [] },
  } as unknown as typeof EMPTY;

  it('replaces that agency and no other', () => {
    const data = { version: 3, agency: { id: 'vsaa' }, groups: [{ id: 'g3', agency_id: 'vsaa' }], officers: [] };
    const next = applyEvent(known, 'directory.changed', data);
    expect(next.groups.map((group) => group.id)).toEqual(['g2', 'g3']);
    expect(next.officers.map((officer) => officer.id)).toEqual(['o2']);
    expect(next.versions).toEqual({ vsaa: 3 });
    expect(applyEvent(next, 'directory.changed', { ...data, agency: { id: 'vdi' }, groups: [] }).agencies).toHaveLength(3);
  });

  it('gives an officer the groups of now', () => {
    const data = { officer: { id: 'o1', groups: [{ id: 'g3', level: 1 }] }, groups: [{ id: 'g3' }] };
    expect(applyEvent(known, 'membership.changed', data).groups).toEqual([{ id: 'g3' }]);
    expect(applyEvent(known, 'membership.changed', { ...data, officer: { id: 'o9' } })).toBe(known);
  });
});
