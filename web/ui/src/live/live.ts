import { keepDraft, readDraft } from '../ui/drafts';
import { createStore } from '../ui/store';
import { applyEvent, applySnapshot, EMPTY, type LiveState } from './state';

export type Connection = 'connecting' | 'open' | 'lost' | 'signed_out' | 'refused' | 'replaced';

/** The parts of WebSocket we use, so that tests can bring their own. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface LiveOptions {
  ticket: () => Promise<string>;
  open: (url: string) => Socket;
  later: (act: () => void, ms: number) => void;
  random: () => number;
}

const SILENT_MS = 20_000;
/** who served last is known on this page alone, and to be known after a reload */
const LAST = 'last-served';

/** What a close code asks of us; anything else means: try again, later each time. */
const FINAL: Record<number, Connection> = { 4401: 'signed_out', 4403: 'refused', 4409: 'replaced' };

/** The live channel: state once, then numbered changes; after a break it goes on "after N" or takes a snapshot. */
export class Live {
  readonly state = createStore<LiveState>(EMPTY);
  readonly connection = createStore<Connection>('connecting');
  /** How far the server's clock is ahead of this device's, in ms: deadlines are the server's. */
  aheadMs = 0;
  private socket: Socket | null = null;
  private epoch = '';
  private seq = -1;
  private tries = 0;
  /** tells the attempt that counts from those that were overtaken */
  private turn = 0;
  private stopped = false;
  private heardAt = 0;

  constructor(private readonly options: LiveOptions) {}

  start(): void {
    this.stopped = false;
    void this.connect(++this.turn);
  }

  stop(): void {
    this.stopped = true;
    this.socket?.close();
    this.socket = null;
  }

  /** The device has no line: that is said at once, not when the silence has lasted. */
  lineLost(): void {
    const { socket } = this;
    if (this.stopped || !socket) return;
    this.socket = null;
    socket.close();
    this.again();
  }

  /** The device has a line again: whoever waits for the next try does not wait any longer. */
  lineBack(): void {
    if (this.stopped || this.socket || this.connection.get() !== 'lost') return;
    this.tries = 0;
    this.later(0);
  }

  /** Change what we show before the server has confirmed it; its event will correct us. */
  patch(change: Partial<LiveState>): void {
    this.state.update((state) => ({ ...state, ...change }));
  }

  private async connect(turn: number): Promise<void> {
    if (this.stopped || turn !== this.turn) return;
    let ticket: string;
    try {
      ticket = await this.options.ticket();
    } catch (error) {
      if (turn !== this.turn) return;
      const { status, code, retryAfterS } = error as { status?: number; code?: string; retryAfterS?: number };
      // a device whose clock is wrong is not signed out
      if (status === 401 && code !== 'proof_invalid') this.connection.set('signed_out');
      else if (retryAfterS) this.later(retryAfterS * 1000 + 500 * this.options.random());
      else this.again();
      return;
    }
    if (this.stopped || turn !== this.turn) return;
    const query = new URLSearchParams({ ticket });
    if (this.seq >= 0) {
      query.set('epoch', this.epoch);
      query.set('after', String(this.seq));
    }
    const socket = this.options.open(`/ws?${query}`);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.onmessage = (event) => this.receive(JSON.parse(event.data) as Record<string, unknown>);
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      const final = FINAL[event.code];
      if (final) this.connection.set(final);
      else this.again(event.code === 1012);
    };
    this.watch(socket);
  }

  private receive(message: Record<string, unknown>): void {
    this.heardAt = Date.now();
    switch (message['t']) {
      case 'hello':
        if (this.epoch !== message['epoch']) this.seq = -1;
        this.epoch = String(message['epoch']);
        this.aheadMs = Number(message['server_time_ms']) - Date.now();
        this.tries = 0;
        if (this.seq >= 0) this.connection.set('open');
        break;
      case 'snapshot':
        this.seq = Number(message['seq']);
        this.state.set({ ...applySnapshot(message['state'] as Record<string, unknown>), lastServed: readDraft(LAST) || null });
        this.connection.set('open');
        break;
      case 'event': {
        const seq = Number(message['seq']);
        // Several views may follow from one event: the same number again is new, a smaller one is not.
        if (seq < this.seq) return;
        this.seq = seq;
        this.state.update((state) => applyEvent(state, String(message['type']), message['data']));
        keepDraft(LAST, this.state.get().lastServed ?? '');
        break;
      }
      case 'ping':
        this.socket?.send(JSON.stringify({ t: 'pong', n: message['n'] }));
        break;
    }
  }

  private again(atOnce = false): void {
    if (this.stopped) return;
    this.connection.set('lost');
    const wait = atOnce && this.tries === 0 ? 200 : Math.min(4_000, 500 * 2 ** this.tries);
    this.tries += 1;
    this.later(wait * (0.5 + this.options.random()));
  }

  /** Many come back at once, and the service gives each its time: that is not one try more. */
  private later(ms: number): void {
    this.connection.set('lost');
    const turn = ++this.turn;
    this.options.later(() => void this.connect(turn), ms);
  }

  /** A half-open line says nothing for ever; the server pings every five seconds. */
  private watch(socket: Socket): void {
    this.options.later(() => {
      if (this.socket !== socket) return;
      if (Date.now() - this.heardAt > SILENT_MS) {
        this.socket = null;
        socket.close();
        this.again();
      } else this.watch(socket);
    }, SILENT_MS / 2);
  }
}
