import type { Tile } from '../api/types';

export type Need = { kind: 'nobody' | 'wait'; group: Tile } | { kind: 'missed'; n: number };

/** What asks for a supervisor's deed now, the worst first. */
export function needsOf(groups: Tile[], notAnswering: number): Need[] {
  const nobody: Need[] = groups
    .filter((tile) => tile.waiting > 0 && tile.signed_in === 0)
    .map((group) => ({ kind: 'nobody', group }));
  const waits: Need[] = groups
    .filter((tile) => tile.waiting > 0 && tile.signed_in > 0 && tile.available === 0)
    .sort((a, b) => (b.longest_wait_s ?? 0) - (a.longest_wait_s ?? 0))
    .map((group) => ({ kind: 'wait', group }));
  const missed: Need[] = notAnswering > 0 ? [{ kind: 'missed', n: notAnswering }] : [];
  return [...nobody, ...waits, ...missed];
}
