import { describe, expect, it } from 'vitest';

import { documentCamera } from '../call/paper';
import { parsePassing } from '../call/passing';
import { planOf } from '../kiosk/shell/plan';
import { placeOf } from '../workstations/place';

const sent = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe('workstations', () => {
  it('are pointed at within the screen, or not at all', () => {
    expect(parsePassing('pointer', sent({ x: 0, y: 1 }))).toEqual({ topic: 'pointer', x: 0, y: 1 });
    for (const wrong of [{ x: -0.1, y: 0 }, { x: 0, y: 1.1 }, { x: '0', y: 0 }, {}, null]) {
      expect(parsePassing('pointer', sent(wrong))).toBeNull();
    }
  });

  it('that move say where they stand today', () => {
    expect(placeOf({ point_name: 'Brigāde', stop: { place: 'Pededze', opens: '10:00', closes: '14:00' } })).toBe('Brigāde: Pededze, 10:00–14:00');
    expect(placeOf({ point_name: 'Zeltiņu bibliotēka', stop: null })).toBe('Zeltiņu bibliotēka');
  });

  it('show a paper with the camera that is not for the face', () => {
    const camera = (deviceId: string, label = '') => ({ kind: 'videoinput' as const, deviceId, label });
    const [face, other, table] = [camera('1', 'Integrated'), camera('2', 'USB'), camera('3', 'HUE Document Camera')];
    expect(documentCamera([face], '1')).toBeUndefined();
    expect(documentCamera([face, other], '1')).toBe(other);
    expect(documentCamera([face, other], '2')).toBe(face);
    // nobody's face is shown: browsers name the built-in camera first
    expect(documentCamera([face, other], undefined)).toBe(other);
    expect(documentCamera([face, table, other], '1')).toBe(table);
    expect(documentCamera([face, table, other], '3')).toBe(other);
    expect(documentCamera([face, { kind: 'audioinput', deviceId: '9', label: 'Document' }], '1')).toBeUndefined();
  });

  it('keep the page of one build, and no answer of the service', () => {
    const here = 'https://klatiene.example';
    const files = ['/assets/index-1a2b3c4d.js', '/favicon.svg'];
    const plan = (path: string, mode = 'cors', method = 'GET', origin = here) => planOf({ method, mode, url: origin + path }, here, files);
    expect(plan('/kiosk', 'navigate')).toBe('page');
    expect(plan('/kiosk?diagnostics', 'navigate')).toBe('page');
    expect(plan('/assets/index-1a2b3c4d.js')).toBe('file');
    for (const path of ['/api/me', '/api/ws-ticket', '/healthz', '/assets/index-00000000.js', '/favicon.svg?a=1', '/kiosk']) {
      expect(plan(path), path).toBe('leave');
    }
    expect(plan('/clerk', 'navigate')).toBe('leave');
    expect(plan('/kiosk', 'navigate', 'POST')).toBe('leave');
    expect(plan('/favicon.svg', 'no-cors', 'GET', 'https://elsewhere.example')).toBe('leave');
  });
});
