import { describe, expect, it } from 'vitest';

import type { DesktopAct } from '../api/control';
import { Sender } from '../control/sender';

const move = (x: number): DesktopAct => ({ do: 'move', x, y: 0 });
const key = (name: string, down = true): DesktopAct => ({ do: 'key', key: name, down });

function harness() {
  const sent: DesktopAct[][] = [];
  const answers: ((taken: boolean) => void)[] = [];
  const sender = new Sender((acts) => {
    sent.push(acts);
    return new Promise((done) => answers.push(done));
  });
  const answer = async (taken = true) => {
    answers.shift()?.(taken);
    await new Promise((done) => setTimeout(done));
  };
  return { sender, sent, answer };
}

describe('steering', () => {
  it('loses no key on a slow line, and keeps the order', async () => {
    const { sender, sent, answer } = harness();
    for (const each of [key('a'), key('a', false), key('b'), key('b', false)]) sender.add([each]);
    expect(sent).toEqual([[key('a')]]);
    await answer();
    expect(sent[1]).toEqual([key('a', false), key('b'), key('b', false)]);
    await answer();
    expect(sent).toHaveLength(2);
  });

  it('sends only the last of moves in a row, and those between clicks', async () => {
    const { sender, sent, answer } = harness();
    sender.add([move(0.1)]);
    for (const each of [move(0.2), move(0.3), key('a'), move(0.4), move(0.5)]) sender.add([each]);
    await answer();
    expect(sent[1]).toEqual([move(0.3), key('a'), move(0.5)]);
  });

  it('forgets what waits once it is refused, and goes on with what comes later', async () => {
    const { sender, sent, answer } = harness();
    sender.add([key('a')]);
    sender.add([key('b')]);
    await answer(false);
    expect(sent).toHaveLength(1);
    sender.add([key('c')]);
    expect(sent[1]).toEqual([key('c')]);
  });
});
