import { describe, expect, it } from 'vitest';

import type { AppointmentView, CallbackView, Slot } from '../api/types';
import { applyEvent, applySnapshot, EMPTY } from '../live/state';
import { byDay, dayOf, isOpen, ringing, stillFree, wordOf, wordOfCallback } from '../planned/planned';

const at = (text: string) => new Date(text).getTime();
const appointment = (id: string, state: string, starts = 0, problem: string | null = null) =>
  ({ id, state, starts_at_ms: starts, problem }) as AppointmentView;
const callback = (id: string, state: string, rests: number | null = null) =>
  ({ id, state, rests_until_ms: rests }) as CallbackView;

describe('what is put off', () => {
  it('rings callbacks first, then reminders by their times', () => {
    const found = ringing(
      [appointment('late', 'reminded', 2), appointment('soon', 'reminded', 1), appointment('handled', 'expected', 0)],
      [callback('waits', 'waiting'), callback('turn', 'ringing')],
    );
    expect(found.map((each) => each.item.id)).toEqual(['turn', 'soon', 'late']);
  });

  it('groups times by the days of Latvia', () => {
    const slots = ['2026-11-23T22:00Z', '2026-11-23T21:30Z', '2026-11-23T06:30Z'].map((text) => ({ starts_at_ms: at(text) }));
    const days = byDay(slots);
    expect(days.map((each) => [each.key, each.items.length])).toEqual([
      ['2026-11-23', 2],
      ['2026-11-24', 1],
    ]);
    expect(days[0]?.at).toBe(at('2026-11-23T06:30Z'));
    expect(dayOf(at('2026-06-30T21:00Z'))).toBe('2026-07-01');
  });

  it('does not keep chosen what somebody else took', () => {
    const slots = [{ starts_at_ms: 1 }, { starts_at_ms: 2 }] as Slot[];
    expect(stillFree(slots, 2)).toBe(2);
    expect(stillFree(slots, 3)).toBeNull();
    expect(stillFree(slots, null)).toBeNull();
  });

  it('says what happens next', () => {
    expect(wordOf(appointment('a', 'arrived'))).toBe('arrived');
    expect(wordOf(appointment('a', 'arrived', 0, 'group_closed'))).toBe('refused');
    expect(wordOfCallback(callback('c', 'waiting', 10), 9)).toBe('rests');
    expect(wordOfCallback(callback('c', 'waiting', 10), 10)).toBe('waiting');
    expect(['booked', 'arrived', 'converting', 'no_show'].map((state) => isOpen(appointment('a', state)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('is followed live: what became a request or was cancelled is dropped, other ends are shown', () => {
    const first = applySnapshot({ appointments: [appointment('a', 'booked')], callbacks: [callback('c', 'waiting')] });
    const rung = applyEvent(first, 'appointment.changed', appointment('a', 'reminded'));
    expect(rung.appointments.map((each) => each.state)).toEqual(['reminded']);
    expect(applyEvent(rung, 'appointment.changed', appointment('a', 'no_show')).appointments).toHaveLength(1);
    expect(applyEvent(rung, 'appointment.changed', appointment('a', 'converted')).appointments).toEqual([]);
    expect(applyEvent(first, 'callback.changed', callback('c', 'expired')).callbacks).toHaveLength(1);
    expect(applyEvent(first, 'callback.changed', callback('c', 'cancelled')).callbacks).toEqual([]);
    expect(applyEvent(EMPTY, 'callback.changed', callback('n', 'waiting')).callbacks).toHaveLength(1);
  });
});
