import type { Seat } from './call-state';

export type Line = 'fine' | 'slow' | 'lost';

/** What was seen of a person's line and since when, and what is said of it. */
export interface Told {
  seen: Line;
  since: number;
  said: Line;
}

/** A bad moment is not a bad line, and a good one does not mend it: so long the same must be seen before it is said. */
const WORSE_MS = 4_000;
const BETTER_MS = 8_000;

/** What to say of whose line at `now`, from what was said before. People who went are forgotten. */
export function followLines(before: ReadonlyMap<string, Told>, seats: readonly Seat[], now: number): Map<string, Told> {
  return new Map(seats.map((seat) => [seat.identity, next(before.get(seat.identity), seat.line, now)]));
}

function next(told: Told | undefined, seen: Line, now: number): Told {
  const since = told?.seen === seen ? told.since : now;
  const said = told?.said ?? 'fine';
  const wait = seen === 'fine' ? BETTER_MS : WORSE_MS;
  return { seen, since, said: seen === said || now - since >= wait ? seen : said };
}
