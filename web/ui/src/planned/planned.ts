import type { AppointmentView, CallbackView, Slot } from '../api/types';
import { timeZone } from '../i18n';

/** What rings until it is handled, callbacks first: somebody who waited longest is behind each. */
export type Ringing = { kind: 'callback'; item: CallbackView } | { kind: 'appointment'; item: AppointmentView };

export function ringing(appointments: AppointmentView[], callbacks: CallbackView[]): Ringing[] {
  return [
    ...callbacks.filter((item) => item.state === 'ringing').map((item) => ({ kind: 'callback' as const, item })),
    ...byTime(appointments)
      .filter((item) => item.state === 'reminded')
      .map((item) => ({ kind: 'appointment' as const, item })),
  ];
}

export function byTime<T extends { starts_at_ms: number }>(list: T[]): T[] {
  return [...list].sort((one, other) => one.starts_at_ms - other.starts_at_ms);
}

export interface Day<T> {
  /** the first moment of the list that lies in the day; names it to `Intl` */
  at: number;
  key: string;
  items: T[];
}

/** Things with a beginning, day by day. */
export function byDay<T extends { starts_at_ms: number }>(list: T[]): Day<T>[] {
  const days: Day<T>[] = [];
  for (const item of byTime(list)) {
    const key = dayOf(item.starts_at_ms);
    const last = days[days.length - 1];
    if (last?.key === key) last.items.push(item);
    else days.push({ at: item.starts_at_ms, key, items: [item] });
  }
  return days;
}

// Swedish writes the date as ISO 8601 does.
const DATE = new Intl.DateTimeFormat('sv', { timeZone });

/** `2026-11-23`, the day in Latvia. */
export function dayOf(ms: number): string {
  return DATE.format(ms);
}

/** The chosen slot as long as it is free; what somebody else took is not chosen any more. */
export function stillFree(slots: Slot[], chosen: number | null): number | null {
  return slots.some((slot) => slot.starts_at_ms === chosen) ? chosen : null;
}

/** The word that says how things stand with an appointment. */
export function wordOf(item: AppointmentView): 'refused' | AppointmentView['state'] {
  return item.state === 'arrived' && item.problem ? 'refused' : item.state;
}

export function wordOfCallback(item: CallbackView, now: number): 'rests' | CallbackView['state'] {
  return item.state === 'waiting' && (item.rests_until_ms ?? 0) > now ? 'rests' : item.state;
}

/** May the clerk still move it or say that the client is there? */
export function isOpen(item: AppointmentView): boolean {
  return ['booked', 'reminded', 'expected', 'arrived'].includes(item.state);
}
