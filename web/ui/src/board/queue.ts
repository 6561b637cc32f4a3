import type { GroupView, OfficerCard, Priority, QueuedView } from '../api/types';

/** A group's queue as it is served: those that ring stand where they will be when nobody answers. */
export function queueOf(queue: QueuedView[], groupId: string): QueuedView[] {
  return queue
    .filter((each) => each.group_id === groupId)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || ahead(a) - ahead(b) || a.id.localeCompare(b.id));
}

const HEAD_START_MS: Record<Priority, number> = { normal: 0, raised: 300_000, urgent: 1_800_000 };

function ahead(request: QueuedView): number {
  return request.created_at_ms - HEAD_START_MS[request.priority];
}

/** The next higher class, if there is one. */
export function raised(priority: Priority): Priority | null {
  return priority === 'urgent' ? null : priority === 'raised' ? 'urgent' : 'raised';
}

const READY: Record<string, number> = { available: 0, wrap_up: 1, busy: 2, away: 3, ringing: 4 };

/** Whom a request can be assigned to: who is there, of the group first, then who can answer soonest. */
export function assignable(officers: OfficerCard[], groupId: string): OfficerCard[] {
  const outside = (each: OfficerCard) => Number(!each.groups.some((group) => group.id === groupId));
  return officers
    .filter((each) => each.indicator !== 'offline' && each.indicator !== 'ringing')
    .sort(
      (a, b) =>
        outside(a) - outside(b) ||
        (READY[a.indicator] ?? 9) - (READY[b.indicator] ?? 9) ||
        a.name.localeCompare(b.name, 'lv'),
    );
}

/** Why a request can be assigned to nobody: those who are there are being rung, and nobody is rung for two at once. */
export function nobodyBecause(officers: OfficerCard[]): 'assignRinging' | 'assignNobody' {
  return officers.some((each) => each.indicator === 'ringing') ? 'assignRinging' : 'assignNobody';
}

/** What this officer's switch can be moved to. */
export function choicesFor(officer: OfficerCard): ('available' | 'away' | 'offline')[] {
  switch (officer.indicator) {
    case 'offline':
      return [];
    case 'away':
      return ['available', 'offline'];
    default:
      return officer.indicator === 'available' ? ['away', 'offline'] : ['available', 'away', 'offline'];
  }
}

/** How many more wait than are shown. */
export function behind(group: GroupView | undefined, shown: QueuedView[]): number {
  const waiting = shown.filter((each) => each.state === 'queued' && each.position !== null).length;
  return Math.max(0, (group?.waiting ?? 0) - waiting);
}
