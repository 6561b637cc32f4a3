import { describe, expect, it } from 'vitest';

import type { Join } from '../api/types';
import { Call } from '../call/call';

describe('a call', () => {
  it('does not join after it was left', async () => {
    const call = new Call();
    let give: (ticket: Join) => void = () => undefined;
    const joined = call.join(() => new Promise<Join>((done) => (give = done)));
    expect(call.state.get().phase).toBe('connecting');
    await call.leave();
    give({ url: 'ws://127.0.0.1:9', token: 'x', identity: 'c-1', room: 'r', expires_in_s: 60 });
    await joined;
    expect(call.state.get().phase).toBe('idle');
  });

  it('shows what was written before, while it joins again', () => {
    const chat = [{ id: '1', from: 'c-1', text: 'Labdien!', at_ms: 1, mine: false }];
    expect(new Call(chat).state.get().chat).toEqual(chat);
  });
});
