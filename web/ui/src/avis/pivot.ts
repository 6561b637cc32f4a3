import type { Cell } from './types';

export interface Pivot {
  columns: string[];
  rows: { name: string; total: number; cells: Record<string, number> }[];
  /** the largest total of a row, which its bar is measured by */
  most: number;
}

/** Sums of benefits as a table: every row has a place for every column. */
export function pivot(cells: Cell[]): Pivot {
  const columns = [...new Set(cells.map((each) => each.column))].sort();
  const rows = [...new Set(cells.map((each) => each.row))].sort().map((name) => {
    const mine = cells.filter((each) => each.row === name);
    return {
      name,
      total: mine.reduce((sum, each) => sum + each.benefit_cents, 0),
      cells: Object.fromEntries(mine.map((each) => [each.column, each.benefit_cents])),
    };
  });
  return { columns, rows, most: Math.max(0, ...rows.map((row) => row.total)) };
}
