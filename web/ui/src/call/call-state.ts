import type { Track } from 'livekit-client';

import type { Line } from './line';

/** What a page knows of its call; apart from `call.ts`, so that livekit-client is loaded only for a call. */
export interface Seat {
  identity: string;
  local: boolean;
  camera: Track | null;
  screen: Track | null;
  /** a camera over a document */
  paper: Track | null;
  microphone: Track | null;
  speaking: boolean;
  /** how good the line is, as the media server says: ours and LiveKit's in the same words */
  line: Line;
}

export interface ChatMessage {
  id: string;
  from: string;
  text: string;
  at_ms: number;
  mine: boolean;
}

export interface Devices {
  camera: boolean;
  mic: boolean;
}

export interface CallState {
  phase: 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'failed' | 'over' | 'elsewhere';
  seats: Seat[];
  chat: ChatMessage[];
  mic: boolean;
  camera: boolean;
  sharing: boolean;
  /** my camera over a document is shown */
  paper: boolean;
  /** it could not be switched on */
  noPaper: boolean;
  /** what was to be sent and could not be switched on: absent, in use elsewhere, or not allowed */
  lacks: Devices;
  silent: boolean;
  /** another conversation has come to the front */
  held: boolean;
  /** sound alone: no picture is sent, and none is taken */
  audioOnly: boolean;
  /** where the document that is shown is scrolled to, as whoever leads says: 0 its beginning, 1 its end */
  scroll: { from: string; document_id: string; at: number } | null;
  /** who is typing what just now, before it is sent */
  typing: Record<string, string>;
  /** where somebody pointed last at this screen */
  pointer: { from: string; x: number; y: number } | null;
}

export const NO_CALL: CallState = {
  phase: 'idle',
  seats: [],
  chat: [],
  mic: false,
  camera: false,
  sharing: false,
  paper: false,
  noPaper: false,
  lacks: { camera: false, mic: false },
  silent: false,
  held: false,
  audioOnly: false,
  scroll: null,
  typing: {},
  pointer: null,
};
