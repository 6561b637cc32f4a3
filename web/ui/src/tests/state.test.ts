import { describe, expect, it } from 'vitest';

import type { OfficerCard, RequestView, SessionView } from '../api/types';
import { applyEvent, applySnapshot, EMPTY } from '../live/state';

const officer = (id: string, indicator = 'offline') => ({ id, indicator }) as OfficerCard;
const request = (id: string, state: string) => ({ id, state }) as RequestView;
const session = (id: string, state: string) => ({ id, state, role: 'clerk' }) as SessionView;

describe('the live state', () => {
  it('takes whole views by id, new ones at the end', () => {
    const first = applySnapshot({ officers: [officer('a'), officer('b')] });
    const next = applyEvent(applyEvent(first, 'officer.changed', officer('a', 'busy')), 'officer.changed', officer('c'));
    expect(next.officers.map((each) => [each.id, each.indicator])).toEqual([
      ['a', 'busy'],
      ['b', 'offline'],
      ['c', 'offline'],
    ]);
  });

  it('takes what moved of many at once, and keeps the rest of them', () => {
    const known = [{ ...officer('a'), name: 'VSAA 1' }, officer('b')];
    const first = applySnapshot({ officers: known, groups: [{ id: 'g', waiting: 0, name: { lv: 'G', en: 'G' } }] });
    const next = applyEvent(first, 'overview.changed', {
      groups: [{ id: 'g', waiting: 2 }],
      officers: [
        { id: 'a', indicator: 'busy' },
        { id: 'unknown', indicator: 'busy' },
      ],
    });
    expect(next.officers).toEqual([{ ...known[0], indicator: 'busy' }, known[1]]);
    expect(next.groups).toEqual([{ id: 'g', waiting: 2, name: { lv: 'G', en: 'G' } }]);
  });

  it('drops a request that is over', () => {
    const waiting = applyEvent(EMPTY, 'request.changed', request('r', 'queued'));
    expect(waiting.requests).toHaveLength(1);
    expect(applyEvent(waiting, 'request.changed', request('r', 'withdrawn')).requests).toEqual([]);
  });

  it('keeps the running session when an older one ends late', () => {
    const running = applyEvent(EMPTY, 'session.changed', session('new', 'live'));
    expect(applyEvent(running, 'session.changed', session('old', 'ended')).session?.id).toBe('new');
    expect(applyEvent(running, 'session.changed', session('new', 'ended')).session?.state).toBe('ended');
  });

  it('fills what a waiting workstation is not told', () => {
    const state = applySnapshot({ session: { id: 's', state: 'lobby', role: 'citizen', workstation: null } });
    expect(state.session?.participants).toEqual([]);
    expect(state.session?.identity).toBeNull();
  });

  it('ignores what it does not know', () => {
    expect(applyEvent(EMPTY, 'weather.changed', {})).toBe(EMPTY);
    expect(applySnapshot({ unheard: 1 })).not.toHaveProperty('unheard');
  });
});
