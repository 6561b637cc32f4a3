export type ControlLevel = 'view' | 'guide' | 'control';

/** What an official was lent of the workstation. */
export interface ControlView {
  level: ControlLevel;
  identity: string;
  name: string;
  until_ms: number;
}

/** One act at the desktop; x and y are shares of the screen's width and height. */
export type DesktopAct =
  | { do: 'move'; x: number; y: number }
  | { do: 'button'; x: number; y: number; number: number; down: boolean }
  | { do: 'key'; key: string; down: boolean };

export type ControlInput =
  | { kind: 'highlight'; x: number; y: number; w: number; h: number }
  | { kind: 'open'; address: string }
  | { kind: 'zoom'; size: 'normal' | 'large' | 'larger' }
  | { kind: 'language'; language: 'lv' | 'en' }
  | { kind: 'desktop'; acts: DesktopAct[] };

export interface ArrivedInput {
  session_id: string;
  at_ms: number;
  input: ControlInput;
}
