export interface GrantSet {
  name: string;
  envelope: number;
  bases: Record<string, number>;
  weights: Record<string, number>;
  caps: Record<string, number>;
  kinds: Record<string, string>;
}

export interface PointGrant {
  point_id: string;
  name: string;
  kind: string;
  counts: Record<string, number>;
  base: number;
  weighted: number;
  exact: number;
  rounded_up: boolean;
  capped: boolean;
  share: number;
  grant: number;
}

export interface Grants {
  points: PointGrant[];
  envelope: number;
  bases: number;
  shared: number;
  left: number;
  weighted: number;
}

export interface Run {
  id: string;
  set_id: string;
  from_day: string;
  to_day: string;
  at_ms: number;
  by: string;
  parameters: GrantSet;
  result: Grants;
}

export interface GrantsPage {
  sets: { id: string; created_at_ms: number; parameters: GrantSet }[];
  runs: { id: string; set_id: string; from_day: string; to_day: string; at_ms: number; by: string }[];
  kinds: Record<string, string>;
}

export interface Difference {
  point_id: string;
  name: string;
  first: number;
  second: number;
  difference: number;
}

export interface Indicator {
  code: string;
  source: 'counted' | 'told';
  unit: 'count' | 'eur';
  sums: boolean;
  first: number | null;
  final: number | null;
  values: number[];
}

export const POINT_KINDS = ['centre', 'library', 'brigade'] as const;
export const SERVICE_KINDS = ['consultation', 'application', 'remote'] as const;

/** Whole cents of what people write: `1 000,50`, `1000.5`. NaN when it is no amount. */
export function centsOf(text: string): number {
  const plain = text.replace(/[\s\u00a0€]/g, '').replace(',', '.');
  return /^\d+(\.\d{1,2})?$/.test(plain) ? Math.round(Number(plain) * 100) : Number.NaN;
}

export const euro = (cents: number, lang: string): string =>
  new Intl.NumberFormat(lang, { style: 'currency', currency: 'EUR' }).format(cents / 100);

/** `2026-Q3` of a day, and the quarters before it. */
export function quarterOf(day: string, back = 0): string {
  const index = Number(day.slice(0, 4)) * 4 + Math.floor((Number(day.slice(5, 7)) - 1) / 3) - back;
  return `${Math.floor(index / 4)}-Q${(index % 4) + 1}`;
}
