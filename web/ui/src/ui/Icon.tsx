/** Line icons drawn for this product, 24 px grid, in the colour of the text around them. */
const PATHS = {
  available: 'M5 12.5l4.5 4.5L19 7.5',
  offline: 'M6 12h12',
  ringing: 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4l2-2zM10 21h4',
  busy: 'M4 6h16v10H9l-5 4V6z',
  wrap_up: 'M6 4h9l4 4v12H6zM9 12h7M9 16h5',
  away: 'M12 7v5l3 3M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  phone: 'M6 3l3 5-2 2a13 13 0 0 0 7 7l2-2 5 3c0 2-1 3-3 3C10 21 3 14 3 6c0-2 1-3 3-3z',
  mic: 'M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4',
  micOff: 'M9 9v3a3 3 0 0 0 5 2M15 11V6a3 3 0 0 0-6-1M6 11a6 6 0 0 0 9 5M12 17v4M4 4l16 16',
  camera: 'M3 7h12v10H3zM15 11l6-3v8l-6-3',
  cameraOff: 'M6 7h9v6M15 11l6-3v8M3 8v9h11M4 4l16 16',
  paper: 'M6 3h9l4 4v14H6zM9 9h3M9 13h7M9 17h5',
  screen: 'M3 5h18v11H3zM9 20h6M12 16v4M12 8v5M9.500 10.500L12 8l2.500 2.500',
  remove: 'M6 6l12 12M18 6L6 18',
  end: 'M3 14c5-5 13-5 18 0l-3 3-3-2v-3a12 12 0 0 0-6 0v3l-3 2z',
  send: 'M4 12l16-8-6 16-3-7z',
  search: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500L20 20',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c1-8 15-8 16 0',
  kiosk: 'M4 4h16v11H4zM8 20h8M12 15v5',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7.500v.5',
  warning: 'M12 4l9 16H3zM12 10v5M12 17.500v.5',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  theme: 'M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z',
  settings: 'M4 7h10M18 7h2M14 4v6M4 17h2M10 17h10M6 14v6',
  add: 'M12 5v14M5 12h14',
  up: 'M6 14l6-6 6 6',
  down: 'M6 10l6 6 6-6',
  back: 'M15 6l-6 6 6 6',
  grip: 'M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17 10h.01M8 14h8',
  volume: 'M4 9v6h4l5 4V5L8 9zM17 9a4 4 0 0 1 0 6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
