import type { Calendar, GroupDocument, Hours, OfficerDocument, Ring } from './types';

/** Documents as they begin, and the small things that are done to them. Pure. */

export const PAKS = ['PAK_01', 'PAK_02', 'PAK_03', 'PAK_04', 'PAK_05', 'PAK_06'];
export const LANGUAGES = ['lv', 'en', 'ru', 'uk', 'lt', 'et', 'pl', 'de', 'fr'];
export const LEVELS = [1, 2, 3, 4, 5];

export const NEW_GROUP: GroupDocument = {
  name: { lv: '', en: '' },
  paks: ['PAK_01', 'PAK_02', 'PAK_06'],
  open: true,
  policy: 'longest_idle',
  offer_timeout_s: null,
  wrap_up_s: null,
  rules: {
    rings: [{ after_s: 0, groups: [], min_level: 0 }],
    channels: null,
    preferred_hold_s: 30,
    overflow: [],
    calendar: null,
    slots: null,
    callbacks: true,
  },
  levels: {},
};

export const NEW_OFFICER: OfficerDocument = { name: '', languages: ['lv'], skills: [], capacity: 1, levels: {} };

const OFFICE: Hours[] = [{ opens: '08:30', closes: '17:00' }];

export const NEW_CALENDAR: Calendar = {
  week: [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []],
  exceptions: {},
  holidays: true,
  time_zone: 'Europe/Riga',
};

/** What people type, as the server wants it: `8` → `08:00`, `830` and `8.30` → `08:30`; what is no time stays as it is. */
export function tidyTime(text: string): string {
  const found = /^(\d{1,2})(?:[:.,\s]?(\d{2}))?$/.exec(text.trim());
  if (!found) return text.trim();
  const [hours, minutes] = [Number(found[1]), Number(found[2] ?? 0)];
  if (hours > 24 || minutes > 59 || (hours === 24 && minutes > 0)) return text.trim();
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/** Who may answer from the ring with this number on; a ring includes all narrower ones. */
export function inRing(rings: Ring[], number: number, groupId: string | null, levels: Record<string, number>, officers: { id: string; levels: Record<string, number> }[]): string[] {
  return officers
    .filter((officer) =>
      rings.slice(0, number + 1).some((ring) => {
        const wanted = Math.max(1, ring.min_level);
        const own = levels[officer.id] ?? 0;
        if (ring.groups.length === 0) return own >= wanted;
        return ring.groups.some((each) => (each === groupId ? own : (officer.levels[each] ?? 0)) >= wanted);
      }),
    )
    .map((officer) => officer.id);
}

/** A list with one item moved. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, index) => index !== from);
  const item = list[from];
  return item === undefined ? [...list] : [...rest.slice(0, to), item, ...rest.slice(to)];
}

export function replaced<T>(list: readonly T[], at: number, item: T): T[] {
  return list.map((each, index) => (index === at ? item : each));
}

export function without<T>(list: readonly T[], at: number): T[] {
  return list.filter((_, index) => index !== at);
}

export function toggled(list: readonly string[], item: string, on: boolean): string[] {
  return on ? [...list.filter((each) => each !== item), item] : list.filter((each) => each !== item);
}

export function levelled(levels: Record<string, number>, id: string, level: number): Record<string, number> {
  const rest = Object.fromEntries(Object.entries(levels).filter(([each]) => each !== id));
  return level > 0 ? { ...rest, [id]: level } : rest;
}
