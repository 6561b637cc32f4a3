import { describe, expect, it } from 'vitest';

import type { GroupView, OfficerCard, QueuedView, RequestView, SessionView, SupervisorNotice } from '../api/types';
import { assignable, behind, choicesFor, nobodyBecause, queueOf, raised } from '../board/queue';
import { groupsOf, NO_OPTIONS, serviceIn, wishes } from '../clerk/options';
import { visitsOf } from '../clerk/visit';
import { textsOf } from '../i18n';
import { applyEvent, applySnapshot, EMPTY, toFront } from '../live/state';
import { shownOf, STAYS_MS, wordsOf } from '../notices/notices';

const queued = (id: string, change: Partial<QueuedView> = {}) =>
  ({ id, group_id: 'g', agency_id: 'vsaa', state: 'queued', priority: 'normal', created_at_ms: 0, position: 1, ...change }) as QueuedView;
const officer = (id: string, indicator: string, groups = ['g']) =>
  ({ id, name: id, indicator, groups: groups.map((each) => ({ id: each, level: 1 })) }) as OfficerCard;
const session = (id: string, state: string) => ({ id, state, role: 'officer' }) as SessionView;
const notice = (change: Partial<SupervisorNotice>) =>
  ({ at_ms: 1, action: 'moved', agency_id: 'vsaa', group: null, request: null, officer: null, choice: null, rung_officer_id: null, ...change }) as SupervisorNotice;

describe("a supervisor's queue", () => {
  const start = applySnapshot({ agencies: [{ id: 'vsaa' }], queue: [queued('a')] });

  it('follows what waits, and lets go of what waits no more or is elsewhere', () => {
    const two = applyEvent(start, 'queued.changed', queued('b', { position: 2 }));
    expect(two.queue.map((each) => each.id)).toEqual(['a', 'b']);
    expect(applyEvent(two, 'queued.changed', queued('a', { state: 'accepted' })).queue.map((each) => each.id)).toEqual(['b']);
    expect(applyEvent(two, 'queued.changed', queued('a', { agency_id: 'vid' })).queue.map((each) => each.id)).toEqual(['b']);
  });

  it('stands in the order in which it is served, what rings before its place', () => {
    const queue = [
      queued('second', { position: 2, created_at_ms: 2 }),
      queued('first', { position: 1, created_at_ms: 9 }),
      queued('rings', { position: null, state: 'offered' }),
      queued('other', { group_id: 'h' }),
    ];
    expect(queueOf(queue, 'g').map((each) => each.id)).toEqual(['rings', 'first', 'second']);
    expect(behind({ waiting: 5 } as GroupView, queueOf(queue, 'g'))).toBe(3);
  });

  it('raises step by step', () => expect(['normal', 'raised', 'urgent'].map((each) => raised(each as 'normal'))).toEqual(['raised', 'urgent', null]));

  it('assigns to who is there, of the group first', () => {
    const all = [officer('off', 'offline'), officer('guest', 'available', ['h']), officer('busy', 'busy'), officer('free', 'available'), officer('rings', 'ringing')];
    expect(assignable(all, 'g').map((each) => each.id)).toEqual(['free', 'busy', 'guest']);
  });

  it('says whether nobody is there or everybody is being rung', () => {
    expect(nobodyBecause([officer('a', 'offline')])).toBe('assignNobody');
    expect(nobodyBecause([officer('a', 'offline'), officer('b', 'ringing')])).toBe('assignRinging');
  });

  it('changes nobody who is not there, and nobody to what they are', () => {
    expect(choicesFor(officer('a', 'offline'))).toEqual([]);
    expect(choicesFor(officer('a', 'away'))).toEqual(['available', 'offline']);
    expect(choicesFor(officer('a', 'available'))).toEqual(['away', 'offline']);
  });
});

describe('sessions at the same time', () => {
  const running = applyEvent(EMPTY, 'session.changed', session('one', 'live'));

  it('leave the one in front alone', () => {
    const both = applyEvent(running, 'session.changed', session('two', 'opening'));
    expect([both.session?.id, both.held.map((each) => each.id)]).toEqual(['one', ['two']]);
    expect(applyEvent(both, 'session.changed', session('two', 'ended')).held).toEqual([]);
  });

  it('take turns', () => {
    const both = applyEvent(running, 'session.changed', session('two', 'opening'));
    const turned = toFront(both, 'two');
    expect([turned.session?.id, turned.held.map((each) => each.id)]).toEqual(['two', ['one']]);
    expect(applyEvent(turned, 'session.changed', session('one', 'live')).session?.id).toBe('two');
  });

  it('bring the one that was just accepted to the front when it comes', () => {
    const accepted = toFront(running, 'two');
    expect(accepted.session?.id).toBe('one');
    const arrived = applyEvent(accepted, 'session.changed', session('two', 'opening'));
    expect([arrived.session?.id, arrived.held.map((each) => each.id), arrived.wanted]).toEqual(['two', ['one'], null]);
  });

  it('come back whole with a snapshot', () => {
    const state = applySnapshot({ session: session('two', 'live'), held: [session('one', 'live')] });
    expect(state.held[0]?.participants).toEqual([]);
  });

  it('let a new one follow one that is over', () => {
    const over = applyEvent(running, 'session.changed', session('one', 'ended'));
    expect(applyEvent(over, 'session.changed', session('two', 'opening')).session?.id).toBe('two');
  });
});

describe('notices', () => {
  const lv = textsOf('lv');
  const request = { id: 'r', ticket: 'VSAA-003', topic: { lv: 'P', en: 'P' }, agency_id: 'vsaa', priority: 'raised' as const };
  const group = { id: 'g', name: { lv: 'Pensijas', en: 'Pensions' } };

  it('say what was done, to whom', () => {
    expect(wordsOf(notice({ request, group }), lv, null)).toBe('Uzraugs pārcēla pieteikumu VSAA-003 uz grupu „Pensijas”.');
    const forced = notice({ action: 'forced', request, officer: { id: 'o', name: 'VSAA speciālists 1' } });
    expect(shownOf([forced], 2, new Set(), new Set(), 'o')).toEqual([]);
    expect(wordsOf(forced, lv, null)).toContain('VSAA speciālists 1');
    const state = notice({ action: 'officer_state', officer: { id: 'o', name: 'X' }, choice: 'away' });
    expect(wordsOf(state, lv, 'o')).toBe('Uzraugs nomainīja jūsu stāvokli: prombūtnē.');
  });

  it('concern whoever waits in a queue, for a minute', () => {
    const closed = notice({ action: 'queue_closed', group });
    expect(shownOf([closed], 2, new Set(), new Set(['g']))).toEqual([closed]);
    expect(shownOf([closed], 2, new Set(), new Set(['h']))).toEqual([]);
    expect(shownOf([notice({ request })], STAYS_MS + 2, new Set(), new Set())).toEqual([]);
  });
});

describe('what a request asks for', () => {
  const officers = [officer('known', 'busy', ['g'])];

  it('is said only where it makes sense', () => {
    const options = { sign: true, level: 3, preferred: 'known', more: ['h', 'g'] };
    expect(wishes(options, 'g', officers)).toEqual({ skills: ['sign'], level: 3, preferred_officer_id: 'known' });
    expect(wishes(options, 'h', officers)).toEqual({ skills: ['sign'], level: 3 });
    expect(wishes(NO_OPTIONS, 'g', officers)).toEqual({});
    expect(groupsOf('g', options)).toEqual(['g', 'h']);
  });

  it('takes the service that the group offers', () => {
    const group = (...paks: string[]) => ({ paks }) as GroupView;
    expect(serviceIn(group('PAK_01', 'PAK_06'), 'PAK_01')).toBe('PAK_01');
    expect(serviceIn(group('PAK_02', 'PAK_06'), 'PAK_01')).toBe('PAK_06');
    expect(serviceIn(group('PAK_05'), 'PAK_01')).toBe('PAK_05');
    expect(serviceIn(undefined, '')).toBe('PAK_06');
  });

  it('keeps the places of one visit in their order', () => {
    const place = (id: string, created_at_ms: number, state: string, visit_id: string | null = 'v') =>
      ({ id, created_at_ms, state, visit_id }) as RequestView;
    const [visit] = visitsOf([place('b', 2, 'queued'), place('a', 1, 'accepted'), place('c', 3, 'offered'), place('x', 0, 'queued', null)]);
    expect(visit?.map((each) => [each.n, each.request.id, each.state])).toEqual([
      [1, 'a', 'session'],
      [2, 'b', 'waits'],
      [3, 'c', 'ringing'],
    ]);
    expect(visitsOf([place('a', 1, 'queued')])).toEqual([]);
  });
});
