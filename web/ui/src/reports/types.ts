import type { Bilingual } from '../api/types';

export type Period = 'hour' | 'day' | 'week' | 'month';
export type By = '' | 'agency' | 'group' | 'point' | 'pak';

export interface ReportRow {
  period: string;
  key: string;
  offered: number;
  answered: number;
  abandoned: { clerk_cancelled: number; citizen_left: number; workstation_lost: number };
  connected: number;
  asa_s: number | null;
  sl: number | null;
  sl2: number | null;
  abandon_rate: number | null;
  talk_s: number | null;
  handling_s: number | null;
}

export interface Report {
  rows: ReportRow[];
  total: ReportRow;
  x_s: number;
  /** Of the keys that have one. */
  names: Record<string, Bilingual | string>;
}

export interface LoadHour {
  weekday: number;
  hour: number;
  per_hour: number;
  officers: number | null;
  level: number | null;
  occupancy: number | null;
  asa_s: number | null;
}

export interface Load {
  hours: LoadHour[];
  handling_s: number | null;
  level: number;
  target_s: number;
}

export interface EntryRow {
  id: string;
  agency_id: string;
  group_id: string;
  point_id: string;
  pak: string;
  queued_ms: number;
  state: 'queued' | 'answered' | 'left' | 'unserved' | 'kept';
  waited_ms: number;
  left_why: string | null;
  connected: boolean;
  talk_ms: number | null;
}

export const abandonedOf = (row: ReportRow): number =>
  row.abandoned.clerk_cancelled + row.abandoned.citizen_left + row.abandoned.workstation_lost;

/** `2026-11-24` of a moment, as the day is in Latvia. */
export function dayOf(ms: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Riga' }).format(ms);
}

export function daysBefore(day: string, n: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) - n * 86_400_000).toISOString().slice(0, 10);
}

/** Values of one key for every period that the report has, and null where the key has none. */
export function seriesBy(rows: ReportRow[], value: (row: ReportRow) => number | null): { periods: string[]; keys: string[]; of: (key: string) => (number | null)[] } {
  const periods = [...new Set(rows.map((row) => row.period))].sort();
  const keys = [...new Set(rows.map((row) => row.key))];
  const at = new Map(rows.map((row) => [`${row.period} ${row.key}`, row]));
  return {
    periods,
    keys,
    of: (key) =>
      periods.map((period) => {
        const row = at.get(`${period} ${key}`);
        return row ? value(row) : null;
      }),
  };
}
