import type { DesktopAct } from '../api/control';

/** The service takes so many in one call. */
const MOST = 100;

/**
 * What an official does at the client's desktop, in the order in which it was done: one call at a time, with all that
 * was done meanwhile in the next one. Of moves in a row only the last counts. `post` says whether it was taken; when it
 * was not, what waits was meant for a moment that is over.
 */
export class Sender {
  private waiting: DesktopAct[] = [];
  private sending = false;

  constructor(private readonly post: (acts: DesktopAct[]) => Promise<boolean>) {}

  add(acts: DesktopAct[]): void {
    for (const act of acts) {
      if (act.do === 'move' && this.waiting.at(-1)?.do === 'move') this.waiting.pop();
      this.waiting.push(act);
    }
    void this.send();
  }

  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    while (this.waiting.length > 0) {
      if (!(await this.post(this.waiting.splice(0, MOST)))) this.waiting = [];
    }
    this.sending = false;
  }
}
