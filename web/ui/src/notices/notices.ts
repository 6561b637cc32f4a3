import type { SupervisorNotice } from '../api/types';
import type { Texts } from '../i18n';

/** A notice stays this long, unless it is closed before. */
export const STAYS_MS = 60_000;

/** What names a notice among the others. */
export function keyOf(notice: SupervisorNotice): string {
  return [notice.at_ms, notice.action, notice.request?.id, notice.officer?.id, notice.group?.id].join('/');
}

/** In words; `officerId`: of the officer who reads it. */
export function wordsOf(notice: SupervisorNotice, { t, of, word }: Texts, officerId: string | null): string {
  const mine = notice.officer !== null && notice.officer.id === officerId;
  const values = {
    ticket: notice.request?.ticket ?? '',
    priority: notice.request ? word('priority_', notice.request.priority) : '',
    group: of(notice.group?.name),
    officer: notice.officer?.name ?? '',
    state: notice.choice ? word('ind_', notice.choice) : '',
  };
  if (mine && notice.action === 'officer_state') return t('notice_officer_state_me', values);
  return t(`notice_${notice.action}`, values);
}

/** The last ones that concern whoever reads: of a queue only when one waits in it, or serves it. */
export function shownOf(
  notices: SupervisorNotice[],
  now: number,
  closed: ReadonlySet<string>,
  groups: ReadonlySet<string>,
  officerId: string | null = null,
): SupervisorNotice[] {
  return notices
    .filter((each) => each.at_ms + STAYS_MS > now && !closed.has(keyOf(each)))
    .filter((each) => each.request !== null || each.officer !== null || (each.group !== null && groups.has(each.group.id)))
    // what is assigned to us rings, and says so itself
    .filter((each) => each.action !== 'forced' || each.officer?.id !== officerId)
    .slice(-3);
}
