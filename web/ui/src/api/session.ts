import type { ControlLevel, ControlView } from './control';
import type { Agency, Bilingual, MediaKind } from './types';

/** The clerk looked at who it is. */
export interface Verified {
  method: 'passport' | 'id_card' | 'eid' | 'driving_licence';
  level: 'low' | 'substantial' | 'high';
  by: string;
  at_ms: number;
}

export interface Participant {
  identity: string;
  role: 'clerk' | 'officer' | 'citizen' | 'specialist';
  name: string;
  state: 'invited' | 'waiting' | 'joined' | 'left' | 'held' | 'removed';
  muted: Record<MediaKind, boolean>;
  moderator: boolean;
  /** what the moderator asked to be switched on */
  asked: MediaKind[];
  /** how they came; known to officials */
  via: LobbyEntry['via'];
  /** of one who fell out: since when; the place is kept */
  lost_at_ms: number | null;
  agency_id: string | null;
}

/** What is said to one who stands before the door. */
export interface Door {
  place: number | null;
  message: string;
  held: boolean;
  private: boolean;
}

export interface LobbyEntry {
  identity: string;
  role: Participant['role'];
  name: string;
  via: 'kiosk' | 'link' | 'officer' | 'specialist' | null;
  held: boolean;
  since_ms: number;
}

/** A second official who is called into the session. */
export interface OfficialCall {
  request_id: string;
  kind: 'specialist' | 'transfer';
  state: 'calling' | 'coming' | 'joined' | 'failed';
  topic: string;
  at_ms: number;
  why: string | null;
  by: string;
  note: string;
}

export interface Callable {
  agencies: (Agency & {
    groups: { id: string; name: Bilingual; available: number }[];
    officers: { id: string; name: string }[];
  })[];
}

export interface ActingFor {
  reg_no: string;
  allowed: boolean;
  reason: string;
  checked_at_ms: number;
  source: string;
  /** it was allowed in this session and is no more */
  revoked?: boolean;
}

export interface SessionView {
  id: string;
  state: 'opening' | 'lobby' | 'live' | 'handed_back' | 'ended';
  role: Participant['role'];
  identity: string | null;
  can_moderate: boolean;
  pak: string | null;
  topic: Bilingual | null;
  ticket: string | null;
  agency_id: string | null;
  opened_at_ms: number | null;
  live_at_ms: number | null;
  ended_at_ms: number | null;
  end_reason: string | null;
  participants: Participant[];
  workstation: {
    id: string;
    name: string;
    point_name: string;
    state: 'none' | 'waiting' | 'authorised' | 'in_session' | 'held';
    code_expires_at_ms: number | null;
  } | null;
  acting_for: ActingFor | null;
  client: { kind: 'anonymous' | 'identified'; label: string | null; assurance: string | null; verified: Verified | null } | null;
  door: Door | null;
  locked: boolean;
  spotlight: string | null;
  /** the officials confer, the client is outside */
  private: boolean;
  lobby_message: string;
  lobby: LobbyEntry[];
  call: OfficialCall | null;
  handed_back: { what: 'paper' | 'signature' | 'printing'; note: string; at_ms: number } | null;
  /** whose microphone carries everybody at the contact point */
  room_microphone: string | null;
  documents: SessionDocument[];
  /** PAK_03: what was taught */
  training: { service: string; alone: boolean; at_ms: number } | null;
  /** before everybody's eyes, and the identity of whoever leads */
  shown: { document_id: string; by: string } | null;
  /** what an official was lent of the workstation */
  control: ControlView | null;
  /** what an official asks to be lent, until the clerk answers; known to officials */
  wish: { identity: string; level: ControlLevel; at_ms: number } | null;
}

export interface SessionDocument {
  id: string;
  name: string;
  media_type: 'application/pdf' | 'image/jpeg' | 'image/png';
  size: number;
  by: string;
  at_ms: number;
  kept: boolean;
}
