import type { Join } from './types';

export interface LineResult {
  transport: 'udp' | 'tcp' | 'relay' | 'none';
  up_kbps: number;
  down_kbps: number;
  loss: number;
  rtt_ms: number;
}

/** Nothing gets through. */
export const NO_LINE: LineResult = { transport: 'none', up_kbps: 0, down_kbps: 0, loss: 0, rtt_ms: 0 };

export type DeviceFault = 'missing' | 'denied' | 'in_use';

export interface CheckResult {
  camera: 'ok' | 'not_seen' | DeviceFault;
  microphone: 'ok' | 'silent' | DeviceFault;
  speaker: 'ok' | 'not_heard';
  line: LineResult;
}

/** The last check of a workstation; `weak` holds codes, the most urgent first. */
export interface CheckRow {
  workstation_id: string;
  name: string;
  point_id: string;
  point_name: string;
  at_ms: number;
  check: CheckResult;
  weak: string[];
  checks: number;
  weak_checks: number;
}

export interface LineJoins {
  up: Join;
  down: Join;
}
