import type { Cell } from './types';

export type Measure = 'benefit_cents' | 'gross_cents' | 'transactions';

export interface Pivot {
  columns: string[];
  rows: { name: string; total: number; cells: Record<string, number> }[];
  /** of each column */
  totals: Record<string, number>;
  /** the largest total of a row, which its bar is measured by */
  most: number;
}

/** One measure as a table: every row has a place for every column. */
export function pivot(cells: Cell[], measure: Measure): Pivot {
  const columns = [...new Set(cells.map((each) => each.column))].sort();
  const sum = (list: Cell[]) => list.reduce((total, each) => total + each[measure], 0);
  const rows = [...new Set(cells.map((each) => each.row))].sort().map((name) => {
    const mine = cells.filter((each) => each.row === name);
    return { name, total: sum(mine), cells: Object.fromEntries(mine.map((each) => [each.column, each[measure]])) };
  });
  const totals = Object.fromEntries(columns.map((name) => [name, sum(cells.filter((each) => each.column === name))]));
  return { columns, rows, totals, most: Math.max(0, ...rows.map((row) => row.total)) };
}
