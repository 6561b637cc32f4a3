import { describe, expect, it } from 'vitest';

import { Live, type Socket } from '../live/live';

class Line implements Socket {
  sent: string[] = [];
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  constructor(readonly url: string) {}
  send = (text: string) => void this.sent.push(text);
  close = () => undefined;
  say = (message: object) => this.onmessage?.({ data: JSON.stringify(message) });
}

function harness(ticket: () => Promise<string> = () => Promise.resolve('once')) {
  const lines: Line[] = [];
  const later: { act: () => void; ms: number }[] = [];
  const live = new Live({
    ticket,
    open: (url) => {
      const line = new Line(url);
      lines.push(line);
      return line;
    },
    later: (act, ms) => void later.push({ act, ms }),
    random: () => 0.5,
  });
  const settled = () => new Promise((done) => setTimeout(done));
  return { live, lines, later, settled, last: () => lines[lines.length - 1] as Line };
}

describe('the live channel', () => {
  it('goes on after the last number it heard', async () => {
    const { live, last, later, settled } = harness();
    live.start();
    await settled();
    last().say({ t: 'hello', epoch: 'e1', seq: 4, ping_s: 5, server_time_ms: 0 });
    last().say({ t: 'snapshot', seq: 4, state: { officers: [] } });
    expect(live.connection.get()).toBe('open');
    last().say({ t: 'event', seq: 7, type: 'officer.changed', data: { id: 'a' } });
    last().onclose?.({ code: 1006 });
    expect(live.connection.get()).toBe('lost');
    later.filter((each) => each.ms < 5_000).forEach((each) => each.act());
    await settled();
    expect(last().url).toContain('epoch=e1');
    expect(last().url).toContain('after=7');
    last().say({ t: 'hello', epoch: 'e1', seq: 9, ping_s: 5, server_time_ms: 0 });
    expect(live.connection.get()).toBe('open');
    expect(live.state.get().officers).toHaveLength(1);
  });

  it('knows how far the server is ahead', async () => {
    const { live, last, settled } = harness();
    live.start();
    await settled();
    last().say({ t: 'hello', epoch: 'e1', seq: 1, ping_s: 5, server_time_ms: Date.now() + 90_000 });
    expect(Math.round(live.aheadMs / 1_000)).toBe(90);
  });

  it('knows after a reload who served last', async () => {
    const before = harness();
    before.live.start();
    await before.settled();
    before.last().say({ t: 'snapshot', seq: 1, state: { requests: [] } });
    expect(before.live.state.get().lastServed).toBeNull();
    const ended = { id: 'r', state: 'ended', officer_id: 'vsaa-1', group_id: 'vsaa-pensijas' };
    before.last().say({ t: 'event', seq: 2, type: 'request.changed', data: ended });
    before.last().say({ t: 'event', seq: 3, type: 'request.changed', data: { id: 's', state: 'withdrawn' } });
    const after = harness();
    after.live.start();
    await after.settled();
    after.last().say({ t: 'snapshot', seq: 9, state: { requests: [] } });
    expect(after.live.state.get().lastServed).toBe('vsaa-1');
  });

  it('hears an event twice as once', async () => {
    const { live, last, settled } = harness();
    live.start();
    await settled();
    last().say({ t: 'hello', epoch: 'e1', seq: 1, ping_s: 5, server_time_ms: 0 });
    last().say({ t: 'snapshot', seq: 5, state: { officers: [] } });
    last().say({ t: 'event', seq: 3, type: 'officer.changed', data: { id: 'old' } });
    expect(live.state.get().officers).toEqual([]);
  });

  it('comes back when the service has told it to', async () => {
    const busy = Object.assign(new Error(), { status: 503, retryAfterS: 4 });
    let refusals = 2;
    const { live, lines, later, settled } = harness(() =>
      refusals-- > 0 ? Promise.reject(busy) : Promise.resolve('once'),
    );
    live.start();
    await settled();
    expect(live.connection.get()).toBe('lost');
    later.pop()?.act();
    await settled();
    expect(later.map((each) => each.ms)).toEqual([4_250]);
    later.pop()?.act();
    await settled();
    expect(lines).toHaveLength(1);
  });

  it('answers a ping and stays away when it is told to', async () => {
    const { live, lines, last, settled } = harness();
    live.start();
    await settled();
    last().say({ t: 'ping', n: 3 });
    expect(last().sent).toEqual(['{"t":"pong","n":3}']);
    last().onclose?.({ code: 4401 });
    expect(live.connection.get()).toBe('signed_out');
    expect(lines).toHaveLength(1);
  });
});
