export type * from './session';

/** The views of docs/api.md. Times are milliseconds since the epoch. */

export type Role = 'clerk' | 'officer' | 'agency_administrator' | 'supervisor' | 'network_manager' | 'workstation' | 'at_home' | 'citizen' | 'grantor' | 'provider' | 'avis_administrator';
export type IndicatorName = 'offline' | 'available' | 'ringing' | 'busy' | 'wrap_up' | 'away';
export type AwayReason = 'break' | 'lunch' | 'meeting' | 'training' | 'other' | 'not_answering';
export type Outcome = 'solved' | 'partly' | 'not_sufficient' | 'referred' | 'abandoned';
export type MediaKind = 'audio' | 'video' | 'screen';

export interface Bilingual {
  lv: string;
  en: string;
}

export interface Principal {
  id: string;
  role: Role;
  name: string;
  agency_id?: string;
  officer_id?: string;
  point_id?: string;
  point_name?: string;
  workstation_id?: string;
  party_id?: string;
}

export interface Me {
  principal: Principal;
  csrf_token: string;
  demo: boolean;
  /** by which way this session signed in at the state's sign-on; null: it did not */
  via: 'oidc' | 'wsfed' | null;
  version: string;
  /** a workstation that nobody touches for so long is wiped */
  kiosk_idle_s: number;
  /** what an officer may offer to open at a workstation, with all below */
  guide_addresses: string[];
  /** agencies whose clients may come from home; `*`: all */
  home_agencies: string[];
  server_time_ms: number;
}

export interface Account {
  id: string;
  role: Role;
  name: string;
  place: string;
  simulated: boolean;
}

export interface Agency {
  id: string;
  code: string;
  name: Bilingual;
}

export interface GroupView {
  id: string;
  agency_id: string;
  name: Bilingual;
  paks: string[];
  /** can whoever waits keep the place and be called back? */
  callbacks: boolean;
  open: boolean;
  waiting: number;
  longest_wait_s: number | null;
  available: number;
  signed_in: number;
}

export interface OfficerCard {
  id: string;
  name: string;
  agency_id: string;
  groups: { id: string; level: number }[];
  languages: string[];
  indicator: IndicatorName;
  reason: AwayReason | null;
  since_ms: number;
  simulated: boolean;
}

/** Of groups and officers that moved: what moves. */
export interface Overview {
  groups: Pick<GroupView, 'id' | 'open' | 'waiting' | 'longest_wait_s' | 'available' | 'signed_in'>[];
  officers: Pick<OfficerCard, 'id' | 'indicator' | 'reason' | 'since_ms'>[];
}

/** An agency whole, after its directory changed. */
export interface DirectoryView {
  version: number;
  agency: Agency;
  groups: GroupView[];
  officers: OfficerCard[];
}

export interface WorkstationCard {
  id: string;
  name: string;
  point_id: string;
  point_name: string;
  /** of a brigade: where it stands today */
  stop: { place: string; opens: string; closes: string } | null;
  online: boolean;
  state: 'free' | 'waiting' | 'authorised' | 'in_session';
  session_id: string | null;
}

export interface NextStep {
  code: string;
  officer_name?: string | null;
  until_ms?: number | null;
}

/** A request as a supervisor sees it: nothing of its client. */
export interface QueuedView {
  id: string;
  ticket: string;
  topic: Bilingual;
  state: 'queued' | 'offered' | 'accepted' | 'ended' | 'withdrawn' | 'unserved';
  pak: string;
  agency_id: string;
  group_id: string;
  officer_id: string | null;
  language: string;
  priority: Priority;
  level: number;
  skills: string[];
  preferred_officer_id: string | null;
  point_name: string;
  created_at_ms: number;
  position: number | null;
  next: NextStep;
}

export type Priority = 'normal' | 'raised' | 'urgent';

export interface SupervisorNotice {
  at_ms: number;
  action: 'queue_opened' | 'queue_closed' | 'moved' | 'raised' | 'lowered' | 'forced' | 'officer_state';
  agency_id: string;
  group: { id: string; name: Bilingual } | null;
  request: { id: string; ticket: string; topic: Bilingual; agency_id: string; priority: Priority } | null;
  officer: { id: string; name: string } | null;
  choice: 'available' | 'away' | 'offline' | null;
  rung_officer_id: string | null;
}

/** Where a supervisor can move a request to. */
export interface Target extends Agency {
  groups: { id: string; name: Bilingual; open: boolean }[];
}

export interface RequestView {
  id: string;
  ticket: string;
  state: 'queued' | 'offered' | 'accepted' | 'ended' | 'withdrawn' | 'unserved';
  pak: string;
  agency_id: string;
  group_id: string;
  topic: Bilingual;
  officer_id: string | null;
  service: string | null;
  language: string;
  level: number;
  skills: string[];
  preferred_officer_id: string | null;
  visit_id: string | null;
  priority: string;
  client: { kind: 'anonymous' | 'identified'; label: string | null };
  workstation_id: string | null;
  created_at_ms: number;
  position: number | null;
  estimate: { low_s: number; high_s: number } | null;
  next: NextStep;
  version: number;
  end_reason: string | null;
  session_id: string | null;
  /** the running session that the one who accepts comes into */
  joins: string | null;
}

/** What an appointment or a callback is to become a request for. */
export interface WantedView {
  agency_id: string;
  group_id: string;
  pak: string;
  service: string | null;
  language: string;
  officer_id: string | null;
  workstation_id: string | null;
  client: { kind: 'anonymous' | 'identified'; label: string | null };
  point_id: string;
  point_name: string;
  clerk_name: string;
}

export interface AppointmentView extends WantedView {
  id: string;
  state: 'booked' | 'reminded' | 'expected' | 'arrived' | 'converting' | 'converted' | 'cancelled' | 'no_show';
  starts_at_ms: number;
  ends_at_ms: number;
  request_id: string;
  problem: string | null;
  end_reason: string | null;
}

export interface CallbackView extends WantedView {
  id: string;
  state: 'waiting' | 'ringing' | 'converting' | 'converted' | 'cancelled' | 'expired';
  ticket: string | null;
  tries: number;
  created_at_ms: number;
  rests_until_ms: number | null;
  request_id: string;
  problem: string | null;
  end_reason: string | null;
}

export interface Slot {
  starts_at_ms: number;
  ends_at_ms: number;
  free: number;
}

export interface GroupHours {
  open: boolean;
  opens_at_ms: number | null;
  closes_at_ms: number | null;
  appointments: boolean;
  callbacks: boolean;
}

export interface OfferView {
  request_id: string;
  version: number;
  deadline_at_ms: number;
  timeout_s: number;
  ticket: string;
  topic: Bilingual;
  agency_id: string;
  group_id: string;
  pak: string;
  service: string | null;
  language: string;
  point_name: string;
  clerk_name: string;
  direct: boolean;
  forced: boolean;
  skills: string[];
  waited_s: number;
  /** a session that runs already, and as what one comes into it */
  joins: string | null;
  joins_as: 'specialist' | 'transfer' | null;
}

export interface Load {
  served: number;
  handling_s: number;
  declined: number;
  missed: number;
}

export interface WrapUp {
  session_id: string;
  since_ms: number;
  until_ms: number | null;
  pak: string;
  ticket: string;
}

export interface ServiceLevel {
  x_s: number;
  value: number | null;
}

export interface Tile {
  group_id: string | null;
  name: Bilingual | string;
  waiting: number;
  longest_wait_s: number | null;
  available: number;
  ringing: number;
  busy: number;
  wrap_up: number;
  away: number;
  signed_in: number;
  in_session: number;
  channels: number | null;
  offered_today: number;
  answered_today: number;
  abandoned_today: { clerk_cancelled: number; citizen_left: number; workstation_lost: number };
  asa_s: number | null;
  sl: ServiceLevel;
  sl2: ServiceLevel;
  abandon_rate: number | null;
}

export interface BoardView {
  at_ms: number;
  totals: Tile;
  groups: Tile[];
}

export interface CaseRow {
  id: string;
  session_id: string;
  pak: string;
  agency_id: string;
  agency_name: string;
  group_name: string;
  officer_name: string;
  point_name: string;
  clerk_name: string;
  workstation_name: string | null;
  started_at_ms: number;
  duration_s: number | null;
  wait_s: number;
  connected: boolean;
  outcome: Outcome | null;
  client_label: string | null;
  acting_for: string | null;
  note: string;
  version: number;
  source: 'session' | 'clerk';
  channel: 'video' | 'in_person' | 'phone' | 'written';
  language: string;
  service: string | null;
  minutes: number | null;
  /** everybody's part, the first official's first; `outcome` is their own word */
  officials: {
    name: string;
    agency_name: string;
    kind: 'first' | 'specialist' | 'transfer';
    from_ms: number;
    to_ms: number;
    outcome: Outcome | null;
  }[];
  training: { service: string; alone: boolean } | null;
  lent: { name: string; level: 'view' | 'guide' | 'control'; from_ms: number; to_ms: number }[];
  via: 'kiosk' | 'link' | null;
}

/** A personal link, shown once; `opens_at_ms` to `expires_at_ms`: when it may be opened first. */
export interface HomeLink {
  url: string;
  opens_at_ms: number;
  expires_at_ms: number;
}

export interface Join {
  url: string;
  token: string;
  identity: string;
  room: string;
  expires_in_s: number;
}

export interface Benefits {
  status: 'ok' | 'unavailable' | 'no_client';
  as_of_ms: number | null;
  source: string;
  benefits: { name: string; grantor: string; kind: 'percent' | 'fixed_unit' | 'final_price'; value: string; valid_to: string | null }[];
}

export interface Because {
  officer_id: string;
  name: string;
  could: boolean;
  why: string;
  from_ms: number | null;
}

export interface Explanation {
  at_ms: number;
  summary: Bilingual;
  then: Bilingual | null;
  next: NextStep;
  groups: { why: string; text: Bilingual; could: boolean; officers: Because[] }[];
  officers: Because[];
}
