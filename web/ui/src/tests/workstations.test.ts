import { describe, expect, it } from 'vitest';

import { parsePassing } from '../call/passing';
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
});
