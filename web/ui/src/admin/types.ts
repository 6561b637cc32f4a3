import type { Bilingual } from '../api/types';

/** What an agency's administrator sees and saves: docs/api.md, *Configuration*. */

export interface Hours {
  opens: string;
  closes: string;
}

export interface Calendar {
  week: Hours[][];
  exceptions: Record<string, Hours[]>;
  holidays: boolean;
  time_zone: string;
}

export interface Ring {
  after_s: number;
  groups: string[];
  min_level: number;
}

export const WHEN = ['closed', 'nobody_signed_in', 'too_many', 'too_long', 'max_wait'] as const;
export const ACTIONS = ['refuse', 'group', 'leave'] as const;
export type When = (typeof WHEN)[number];
export type Action = (typeof ACTIONS)[number];

export interface OverflowRule {
  when: When;
  action: Action;
  limit: number | null;
  group_id: string | null;
}

export interface Slots {
  minutes: number;
  parallel: number;
  days_ahead: number;
  min_notice_minutes: number;
}

export interface GroupRules {
  rings: Ring[];
  channels: number | null;
  preferred_hold_s: number;
  overflow: OverflowRule[];
  calendar: Calendar | null;
  slots: Slots | null;
  callbacks: boolean;
}

export const POLICIES = ['longest_idle', 'best_level', 'round_robin'] as const;

export interface GroupDocument {
  name: Bilingual;
  paks: string[];
  open: boolean;
  policy: (typeof POLICIES)[number];
  offer_timeout_s: number | null;
  wrap_up_s: number | null;
  rules: GroupRules;
  levels: Record<string, number>;
}

export interface OfficerDocument {
  name: string;
  languages: string[];
  skills: string[];
  capacity: number;
  levels: Record<string, number>;
}

export interface RuleDocument {
  group_id: string;
  pak: string | null;
  service: string | null;
  language: string | null;
}

export interface AgencyDocument {
  channels: number | null;
  calendar: Calendar | null;
}

export interface GroupEntry {
  id: string;
  etag: string;
  retired: boolean;
  document: GroupDocument;
}

export interface OfficerEntry {
  id: string;
  etag: string;
  active: boolean;
  simulated: boolean;
  account: string | null;
  document: OfficerDocument;
}

export interface Configuration {
  version: number;
  agency: { id: string; code: string; name: Bilingual; document: AgencyDocument; etag: string };
  groups: GroupEntry[];
  officers: OfficerEntry[];
  rules: { document: RuleDocument[]; etag: string };
  defaults: { offer_timeout_s: number; wrap_up_s: number };
}

export type Change =
  | { kind: 'group'; id: string | null; etag: string | null; document: GroupDocument }
  | { kind: 'group_retire'; id: string; etag: string; retire: boolean }
  | { kind: 'officer'; id: string | null; etag: string | null; document: OfficerDocument }
  | { kind: 'officer_active'; id: string; etag: string; active: boolean }
  | { kind: 'rules'; etag: string; document: RuleDocument[] }
  | { kind: 'agency'; etag: string; document: AgencyDocument };

export interface Consequence {
  code: string;
  warning: boolean;
  values: Record<string, number | string>;
  names: (string | Bilingual)[];
}

export type Problems = Record<string, string>;

export interface Preview {
  problems: Problems;
  consequences: Consequence[];
}

export interface Made {
  id: string;
  etag: string;
  version: number;
}
