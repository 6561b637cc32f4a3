import type { NewRequest } from '../api/client';
import type { GroupView, OfficerCard } from '../api/types';

/** What a request asks for beyond its group. */
export interface Options {
  sign: boolean;
  /** 0: any */
  level: number;
  preferred: string;
  /** further groups of the same visit; empty: not chosen yet */
  more: string[];
}

export const NO_OPTIONS: Options = { sign: false, level: 0, preferred: '', more: [] };

/** The part of a request that says so. Whom one knows is asked only where they serve. */
export function wishes(options: Options, group: string, officers: OfficerCard[]): Partial<NewRequest> {
  const known = officers.some((each) => each.id === options.preferred && each.groups.some((one) => one.id === group));
  return {
    ...(options.sign ? { skills: ['sign'] } : {}),
    ...(options.level > 0 ? { level: options.level } : {}),
    ...(known ? { preferred_officer_id: options.preferred } : {}),
  };
}

/** The groups of one visit, each once, in the order in which they were chosen. */
export function groupsOf(group: string, options: Options): string[] {
  return [...new Set([group, ...options.more])];
}

/** The service as a group offers it: the chosen one, else a remote consultation, else its first. */
export function serviceIn(group: GroupView | undefined, chosen: string): string {
  const paks = group?.paks ?? [];
  return paks.includes(chosen) ? chosen : paks.includes('PAK_06') ? 'PAK_06' : (paks[0] ?? 'PAK_06');
}
