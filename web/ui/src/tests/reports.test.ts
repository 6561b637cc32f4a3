import { describe, expect, it } from 'vitest';

import type { Tile } from '../api/types';
import { limitsOf } from '../board/needs';
import { everyNth, project, ticks } from '../charts/scale';
import { parametersOf } from '../network/GrantForm';
import { centsOf, quarterOf } from '../network/types';
import { abandonedOf, dayOf, daysBefore, type ReportRow, seriesBy } from '../reports/types';

const row = (period: string, key: string, offered: number): ReportRow => ({
  period,
  key,
  offered,
  answered: 0,
  abandoned: { clerk_cancelled: 1, citizen_left: 2, workstation_lost: 3 },
  connected: 0,
  asa_s: null,
  sl: null,
  sl2: null,
  abandon_rate: null,
  talk_s: null,
  handling_s: null,
});

describe('charts', () => {
  it('write round numbers up to at least the highest value', () => {
    expect(ticks(0)).toEqual([0, 1]);
    expect(ticks(7)).toEqual([0, 2, 4, 6, 8]);
    expect(ticks(100)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(0.3)[1]).toBe(0.1);
    expect(ticks(1, true)).toEqual([0, 1]);
    expect(ticks(2, true)).toEqual([0, 1, 2]);
  });

  it('keep labels apart', () => {
    expect(everyNth(24, 600, 50)).toBe(2);
    expect(everyNth(3, 600, 50)).toBe(1);
  });

  it('draw the north above the south and the east to the right', () => {
    const [riga, rezekne] = [project(24.1, 56.95), project(27.33, 56.5)];
    expect(rezekne.x).toBeGreaterThan(riga.x);
    expect(rezekne.y).toBeGreaterThan(riga.y);
  });

  it('show a gap where a key has nothing', () => {
    const found = seriesBy([row('2026-01-01', 'a', 1), row('2026-01-02', 'b', 2)], (each) => each.offered);
    expect(found.periods).toEqual(['2026-01-01', '2026-01-02']);
    expect(found.of('a')).toEqual([1, null]);
    expect(abandonedOf(row('', '', 0))).toBe(6);
  });
});

describe('days and quarters', () => {
  it('are those of Latvia', () => {
    expect(dayOf(Date.UTC(2026, 10, 24, 22, 30))).toBe('2026-11-25');
    expect(daysBefore('2026-03-01', 1)).toBe('2026-02-28');
    expect([quarterOf('2026-11-24'), quarterOf('2026-11-24', 3), quarterOf('2026-01-01', 1)]).toEqual(['2026-Q4', '2026-Q1', '2025-Q4']);
  });
});

describe('amounts', () => {
  it('are read as people write them', () => {
    expect(['10000', '1 000,50', '1000.5', '0'].map(centsOf)).toEqual([1_000_000, 100_050, 100_050, 0]);
    for (const wrong of ['', 'abc', '1,234', '-1']) expect(centsOf(wrong)).toBeNaN();
  });

  it('become a set of parameters, or the field that is wrong', () => {
    const values = { name: 'A', envelope: '10000', base_centre: '1000', weight_remote: '3', cap_library: '' };
    expect(parametersOf(values, {})).toEqual({ name: 'A', envelope: 1_000_000, bases: { centre: 100_000 }, weights: { remote: 3000 }, caps: {}, kinds: {} });
    expect(parametersOf({ ...values, name: ' ' }, {})).toBe('name');
    expect(parametersOf({ ...values, weight_remote: 'x' }, {})).toBe('weight_remote');
  });
});

describe('limits of the board', () => {
  const tile = (change: Partial<Tile>) =>
    ({ group_id: 'g', name: 'G', waiting: 1, longest_wait_s: 60, abandon_rate: 0.05, sl: { x_s: 60, value: 0.9 }, ...change }) as Tile;
  const limits = { longest_wait_s: 300, waiting: 10, abandon_rate: 0.1, service_level: 0.8 };
  const beyond = (change: Partial<Tile>, of = limits) => limitsOf([tile(change)], of).map((need) => (need.kind === 'limit' ? need.what : ''));

  it('warn beyond, not at, and not of what is not measured', () => {
    expect(beyond({})).toEqual([]);
    expect(beyond({ longest_wait_s: 300, waiting: 10 })).toEqual([]);
    expect(beyond({ longest_wait_s: 301, waiting: 11, abandon_rate: 0.11, sl: { x_s: 60, value: 0.79 } })).toEqual([
      'longest_wait_s',
      'waiting',
      'abandon_rate',
      'service_level',
    ]);
    expect(beyond({ waiting: 0, longest_wait_s: 999, abandon_rate: null, sl: { x_s: 60, value: null } })).toEqual([]);
    expect(limitsOf([tile({ waiting: 99 })], { ...limits, waiting: null as unknown as number })).toEqual([]);
  });
});
