import type { Outcome } from '../api/types';

export const PAKS = ['PAK_01', 'PAK_02', 'PAK_03', 'PAK_04', 'PAK_05', 'PAK_06'];
export const OUTCOMES: Outcome[] = ['solved', 'partly', 'not_sufficient', 'referred'];
export const CHANNELS = ['in_person', 'phone', 'written', 'video'] as const;

export interface Suggestions {
  last: {
    pak: string;
    agency_id: string;
    channel: string;
    language: string;
    point_id: string;
    minutes: number | null;
  } | null;
  services: string[];
  /** `stop`: where a brigade stands today. */
  points: { id: string; name: string; kind: string; stop: { id: string; place: string } | null }[];
}

export interface Former {
  version: number;
  at_ms: number;
  by: string;
  outcome: Outcome | null;
  note: string;
  fields: Record<string, string | number | null>;
}
