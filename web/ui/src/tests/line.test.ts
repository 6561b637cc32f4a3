import { describe, expect, it } from 'vitest';

import type { Seat } from '../call/call-state';
import { followLines, type Line, type Told } from '../call/line';

const seat = (line: Line, identity = 'k-1'): Seat => ({
  identity,
  local: false,
  camera: null,
  screen: null,
  microphone: null,
  speaking: false,
  line,
  paper: null,
});

/** What is said after each second of what is seen. */
function said(seen: Line[]): (Line | undefined)[] {
  let told: Map<string, Told> = new Map();
  return seen.map((line, second) => {
    told = followLines(told, [seat(line)], second * 1_000);
    return told.get('k-1')?.said;
  });
}

describe('words about a line', () => {
  it('wait until it is slow for a while', () => {
    expect(said(['fine', 'slow', 'slow', 'slow', 'slow', 'slow'])).toEqual(['fine', 'fine', 'fine', 'fine', 'fine', 'slow']);
  });

  it('do not come for a bad moment', () => {
    expect(said(['slow', 'slow', 'fine', 'slow', 'slow', 'fine'])).not.toContain('slow');
  });

  it('stay until it is good for longer', () => {
    const after = said([...Array<Line>(5).fill('slow'), ...Array<Line>(9).fill('fine')]);
    expect(after[11]).toBe('slow');
    expect(after[13]).toBe('fine');
  });

  it('follow from slow to lost', () => {
    expect(said([...Array<Line>(5).fill('slow'), ...Array<Line>(5).fill('lost')]).at(-1)).toBe('lost');
  });

  it('end with the person', () => {
    const told = followLines(new Map(), [seat('slow')], 0);
    expect(followLines(told, [seat('slow', 'k-2')], 9_000).has('k-1')).toBe(false);
  });
});
