import type { WorkstationCard } from './types';

/** RFC 8628 §3.2, and the number to compare. */
export interface Started {
  device_code: string;
  user_code: string;
  number: string;
  verification_uri: string;
  expires_in: number;
  interval: number;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

/** What waits under a code, as the clerk sees it: without the number. */
export interface AskedEnrolment {
  id: string;
  kind: 'kiosk' | 'agent';
  name: string;
  point_name: string;
  expires_at_ms: number;
  replaces: string | null;
}

export interface EnrolledCard extends WorkstationCard {
  devices: { kind: 'kiosk' | 'agent'; enrolled_at_ms: number; seen_at_ms: number }[];
}
