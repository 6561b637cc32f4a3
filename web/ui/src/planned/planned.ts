import type { AppointmentView, CallbackView, Slot } from '../api/types';

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

/** Things with a beginning, day by day as this device's clock has them. */
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

export function dayOf(ms: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
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
