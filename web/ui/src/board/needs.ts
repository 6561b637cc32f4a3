import type { Tile } from '../api/types';

export type Need = { kind: 'nobody' | 'wait'; group: Tile } | { kind: 'missed'; n: number } | { kind: 'limit'; what: Limit; group: Tile };

export interface Thresholds {
  longest_wait_s: number | null;
  waiting: number | null;
  abandon_rate: number | null;
  service_level: number | null;
}
export type Limit = keyof Thresholds;

/** Groups beyond a limit, each with the limit that it is beyond; what is not measured yet is beyond none. */
export function limitsOf(groups: Tile[], limits: Thresholds): Need[] {
  return groups.flatMap((group) => {
    const beyond: Limit[] = [];
    const over = (value: number | null, limit: number | null) => value !== null && limit !== null && value > limit;
    if (group.waiting > 0 && over(group.longest_wait_s, limits.longest_wait_s)) beyond.push('longest_wait_s');
    if (over(group.waiting, limits.waiting)) beyond.push('waiting');
    if (over(group.abandon_rate, limits.abandon_rate)) beyond.push('abandon_rate');
    if (group.sl.value !== null && limits.service_level !== null && group.sl.value < limits.service_level) beyond.push('service_level');
    return beyond.map((what): Need => ({ kind: 'limit', what, group }));
  });
}

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
