import { describe, expect, it } from 'vitest';

import { parseChat } from '../call/call';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a chat message', () => {
  it('is taken whole, and cut at its limit', () => {
    expect(parseChat(bytes('{"id":"1","text":"Labdien!","at_ms":5}'))).toEqual({ id: '1', text: 'Labdien!', at_ms: 5 });
    expect(parseChat(bytes(JSON.stringify({ id: '1', text: 'x'.repeat(9000), at_ms: 5 })))?.text).toHaveLength(2000);
  });
  it('is dropped when it is not one', () => {
    for (const text of ['', '{', 'null', '[]', '{"id":1,"text":"x","at_ms":5}', '{"id":"1","text":"x"}']) {
      expect(parseChat(bytes(text)), text).toBeNull();
    }
  });
});
