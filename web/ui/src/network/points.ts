export interface Stop {
  id: string;
  place: string;
  atvk: string;
  opens: string;
  closes: string;
  weekday: number | null;
  day: string | null;
}

/** Monday is 1. */
export interface Opening {
  weekday: number;
  opens: string;
  closes: string;
}

export interface Point {
  id: string;
  name: string;
  kind: 'centre' | 'library' | 'brigade';
  atvk: string;
  host_point_id: string | null;
  details: {
    address: string;
    lat: number | null;
    lon: number | null;
    email: string;
    phone: string;
    hours: Opening[];
    equipment: string[];
    valid_from?: string;
    valid_to?: string | null;
    remote_officer: boolean;
    stops: Stop[];
    [more: string]: unknown;
  };
}

export interface PointRow {
  point: Point;
  version: number;
  demo: boolean;
  region: string;
  hours: string;
  stop_today: Stop | null;
}

export interface PointsPage {
  points: PointRow[];
  territories: { code: string; name: string }[];
  equipment: string[];
}

export const NEW: PointRow = {
  point: {
    id: '',
    name: '',
    kind: 'library',
    atvk: '',
    host_point_id: null,
    details: { address: '', lat: null, lon: null, email: '', phone: '', hours: [], equipment: [], remote_officer: false, stops: [] },
  },
  version: 0,
  demo: false,
  region: '',
  hours: '',
  stop_today: null,
};

/** Latvia's outline by hand, longitude and latitude: enough to see where a point lies, nothing to measure by. */
export const OUTLINE: [number, number][] = [
  [22.6, 57.76], [22.81, 57.5], [23.22, 57.16], [23.77, 56.97], [24.03, 57.06], [24.41, 57.26], [24.35, 57.75], [24.36, 57.87],
  [24.8, 57.98], [25.28, 58.08], [25.6, 57.92], [26.02, 57.78], [26.5, 57.55], [26.9, 57.62], [27.35, 57.53], [27.8, 57.32],
  [27.66, 56.88], [27.9, 56.75], [28.1, 56.45], [28.23, 56.2], [27.65, 55.95], [27.55, 55.8], [26.98, 55.8], [26.63, 55.68],
  [26.3, 55.73], [25.9, 55.97], [25.1, 56.18], [24.6, 56.28], [24.1, 56.3], [23.5, 56.35], [22.95, 56.39], [22.2, 56.41],
  [21.65, 56.31], [21.3, 56.22], [21.06, 56.07], [20.99, 56.52], [21.17, 56.89], [21.54, 57.39], [21.72, 57.57], [22.2, 57.68],
];
