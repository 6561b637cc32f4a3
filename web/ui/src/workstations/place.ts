import type { WorkstationCard } from '../api/types';

/** Where a workstation stands; of one that moves, where today. */
export function placeOf({ point_name, stop }: Pick<WorkstationCard, 'point_name' | 'stop'>): string {
  return stop ? `${point_name}: ${stop.place}, ${stop.opens}–${stop.closes}` : point_name;
}
