import {
  ConnectionState,
  DefaultReconnectPolicy,
  DisconnectReason,
  type Participant as RoomParticipant,
  Room,
  RoomEvent,
  Track,
} from 'livekit-client';

import type { Join } from '../api/types';
import { createStore } from '../ui/store';
import { type CallState, type ChatMessage, type Devices, NO_CALL } from './call-state';
import { isAllowed, lacking } from './devices';
import { Luggage } from './luggage';
import { type Passing, parsePassing } from './passing';
import { faceOf, isShown, paperOf, switchFace, switchPaper } from './paper';
import { seatOf, takePictures } from './seats';

const CHAT = 'chat';
const MAX_CHAT = 2_000;
/** Faces. */
const PICTURE = { resolution: { width: 960, height: 540, frameRate: 25 } };
/** A media node is back within seconds, and people wait in silence: every second (the SDK adds up to one more), for most
 * of a session's hold. */
const RETRY_MS = [0, 300, 600, ...Array<number>(35).fill(700)];
/** One attempt at the signalling: longer would be waiting for a SYN that was lost with the line. */
const ATTEMPT_MS = 2_500;
/** When the line to our node is down: how soon we ask whether the conversation moved to another node, and how often. */
const MOVED_MS = [0, 400, 600, 1_000, 1_500, 2_500, ...Array<number>(5).fill(8_000)];
/** Everybody at a node that died asks at the same time; spread it. */
const SPREAD_MS = 300;

/** One conversation's media. The room decides who may do what; this only shows it and asks. */
export class Call {
  readonly state = createStore<CallState>(NO_CALL);
  private room: Room | null = null;
  private joining = false;
  private left = false;
  private url = '';
  private grant: (() => Promise<Join>) | null = null;
  /** what was to be sent and is not yet: the browser may still be asking for it */
  private owed: Devices | null = null;
  /** the room whose successor we look for */
  private following: Room | null = null;
  private before = { mic: true, camera: true };
  private pictureBefore = true;
  private toggling: Promise<void> = Promise.resolve();

  /** What was written before goes on standing there when one joins the same conversation again. */
  constructor(chat: ChatMessage[] = []) {
    this.state.set({ ...NO_CALL, chat });
  }

  /** Join with a fresh grant. Without a camera or a microphone one is still in, to see and hear. */
  async join(grant: () => Promise<Join>, devices: Devices = { camera: true, mic: true }): Promise<void> {
    if (this.joining || this.room) return;
    this.joining = true;
    const { chat, held, audioOnly } = this.state.get();
    this.patch({ ...NO_CALL, chat, held, audioOnly, phase: 'connecting' });
    try {
      this.grant = grant;
      const ticket = await grant();
      // The session may have ended while we asked: no camera goes on for nobody.
      if (this.left) return;
      await this.enter(ticket, (room) => this.bring(room, devices));
    } catch (error) {
      if (!this.left) this.patch({ phase: 'failed' });
      if (isRefusal(error)) throw error;
    } finally {
      this.joining = false;
      this.refresh();
    }
  }

  /** Connect; `bring` what is to be sent as soon as the node has let us in, while the transport is still on its way. */
  private async enter(ticket: Join, bring: (room: Room) => Promise<void>): Promise<void> {
    const room = new Room({
      adaptiveStream: true,
      dynacast: true,
      reconnectPolicy: new DefaultReconnectPolicy(RETRY_MS),
      publishDefaults: { videoCodec: 'vp8', simulcast: true },
      videoCaptureDefaults: PICTURE,
    });
    this.room = room;
    this.url = ticket.url;
    this.watch(room);
    exposeForDiagnostics(room);
    room.once(RoomEvent.SignalConnected, () => void bring(room));
    try {
      await room.connect(ticket.url, ticket.token, { maxRetries: 2, websocketTimeout: ATTEMPT_MS });
    } catch (error) {
      await room.disconnect();
      if (this.room === room) this.room = null;
      throw error;
    }
    if (room !== this.room) return;
    room.on(RoomEvent.Disconnected, (reason) => this.parted(room, reason));
    this.patch({ phase: 'connected' });
    this.refresh();
  }

  async leave(): Promise<void> {
    const room = this.room;
    this.room = null;
    this.left = true;
    await room?.disconnect();
    this.state.set(NO_CALL);
  }

  toggleMic = () => this.toggle((me, on) => me.setMicrophoneEnabled(on), 'mic');
  toggleCamera = () => this.toggle((me, on) => switchFace(me, on, PICTURE), 'camera');
  toggleShare = () => this.toggle((me, on) => me.setScreenShareEnabled(on, { audio: false }), 'sharing');
  /** A second camera, over a document. */
  togglePaper = () => this.toggle(switchPaper, 'paper');
  /** Sound alone: one's own picture goes off, and those of the others are not taken, until it is lifted. */
  audioOnly(on: boolean): Promise<void> {
    if (this.state.get().audioOnly === on) return Promise.resolve();
    this.patch({ audioOnly: on });
    for (const person of this.room?.remoteParticipants.values() ?? []) takePictures(person, !on);
    const { camera, paper } = this.state.get();
    if (on) this.pictureBefore = camera;
    const turn = on ? camera : this.pictureBefore && !camera;
    if (on && paper) void this.togglePaper();
    return turn ? this.toggleCamera() : Promise.resolve();
  }

  /** Reaches whoever is here now; nobody waits for it. */
  pass({ topic, ...body }: Passing): void {
    const payload = new TextEncoder().encode(JSON.stringify(body));
    void this.room?.localParticipant.publishData(payload, { reliable: topic === 'typing', topic }).catch(() => undefined);
  }

  /**
   * This page's own picture, or the `whole` screen. Browsers want a touch before: without one nothing happens, and the
   * caller has a button.
   */
  async showThisScreen(on: boolean, whole = false): Promise<void> {
    const me = this.room?.localParticipant;
    if (!me || me.isScreenShareEnabled === on) return;
    const page = { preferCurrentTab: true, selfBrowserSurface: 'include', video: { displaySurface: 'browser' } } as const;
    const of = whole ? ({ video: { displaySurface: 'monitor' } } as const) : page;
    await me.setScreenShareEnabled(on, { ...of, audio: false }).catch(() => undefined);
    this.refresh();
  }

  startAudio = () => this.room?.startAudio();

  /** True when the message left; the sender sees it at once. */
  async say(text: string): Promise<boolean> {
    const room = this.room;
    const body = { id: crypto.randomUUID(), text: text.slice(0, MAX_CHAT), at_ms: Date.now() };
    if (!room) return false;
    try {
      await room.localParticipant.publishData(new TextEncoder().encode(JSON.stringify(body)), {
        reliable: true,
        topic: CHAT,
      });
    } catch {
      return false;
    }
    this.hear({ ...body, from: room.localParticipant.identity, mine: true });
    return true;
  }

  /** A node that died does not come back soon; the conversation goes on at another one, and so do we. */
  private async follow(room: Room): Promise<void> {
    if (this.following === room) return;
    this.following = room;
    let taken: Luggage | null = null;
    let there = false;
    for (const wait of MOVED_MS) {
      await new Promise((done) => setTimeout(done, wait + Math.random() * SPREAD_MS));
      const down = taken !== null || (room === this.room && this.state.get().phase === 'reconnecting');
      const ticket = this.left || !down ? null : await this.grant?.().catch(() => null);
      if (this.left || !down) break;
      if (!ticket) continue;
      if (taken === null) {
        if (ticket.url === this.url || room !== this.room) continue;
        this.room = null;
        taken = await Luggage.of(room);
        this.patch({ seats: [] });
      }
      there = await this.enter(ticket, (next) => this.unpack(next, taken)).then(
        () => true,
        () => false,
      );
      if (there) break;
    }
    this.following = null;
    if (taken === null || (there && !this.left)) return;
    taken.stop();
    if (!this.left) this.patch({ phase: 'failed' });
  }

  private async unpack(room: Room, taken: Luggage | null): Promise<void> {
    const { owed } = this;
    if (this.state.get().held) taken?.stop();
    else await taken?.bring(room, () => room === this.room);
    if (owed && room === this.room) await this.bring(room, owed);
    this.refresh();
  }

  private async bring(room: Room, devices: Devices): Promise<void> {
    if (this.state.get().held) return;
    this.owed = { ...devices, camera: devices.camera && !this.state.get().audioOnly };
    await this.publish(room, this.owed);
    if (room === this.room) this.owed = null;
    this.refresh();
  }

  private async publish(room: Room, devices: Devices): Promise<void> {
    try {
      if (devices.camera && devices.mic) await room.localParticipant.enableCameraAndMicrophone();
      else if (devices.mic) await room.localParticipant.setMicrophoneEnabled(true);
      else if (devices.camera) await switchFace(room.localParticipant, true, PICTURE);
    } catch (error) {
      if (room !== this.room) return;
      // One of the two may still work: a voice without a picture is a conversation, and so is a picture with writing.
      // Who said no is not asked twice.
      const refused = error instanceof Error && error.name === 'NotAllowedError';
      const picture = devices.camera && (!refused || (await isAllowed('camera')));
      const me = room.localParticipant;
      await Promise.allSettled([
        devices.mic ? me.setMicrophoneEnabled(true) : undefined,
        picture ? switchFace(me, true, PICTURE) : undefined,
      ]);
      this.patch({ lacks: lacking(me, devices) });
    }
  }

  /** Held: seen and heard by nobody, and silent here, until one comes back to it with what one had on. */
  hold(on: boolean): Promise<void> {
    this.toggling = this.toggling.then(() => this.holdNow(on));
    return this.toggling;
  }

  private async holdNow(on: boolean): Promise<void> {
    const { mic, camera, held } = this.state.get();
    if (held === on) return;
    this.patch({ held: on });
    const me = this.room?.localParticipant;
    if (!me) return;
    if (on) this.before = { mic, camera };
    const { mic: voice, camera: picture } = on ? { mic: false, camera: false } : this.before;
    await Promise.allSettled([
      me.setMicrophoneEnabled(voice),
      switchFace(me, picture, PICTURE),
      ...(on ? [me.setScreenShareEnabled(false), switchPaper(me, false)] : []),
    ]);
    this.refresh();
  }

  /** One after the other: a second click means the opposite of what the first one did, also while that is under way. */
  private toggle(...what: Parameters<Call['toggleNow']>): Promise<void> {
    this.toggling = this.toggling.then(() => this.toggleNow(...what));
    return this.toggling;
  }

  private async toggleNow(
    act: (me: Room['localParticipant'], on: boolean) => Promise<unknown>,
    name: 'mic' | 'camera' | 'sharing' | 'paper',
  ): Promise<void> {
    if (!this.room) return;
    let failed = false;
    try {
      await act(this.room.localParticipant, !this.state.get()[name]);
    } catch {
      // Refused by the browser, the person or the moderator: what is shown stays what is true.
      failed = true;
    }
    if (name === 'paper') this.patch({ noPaper: failed });
    if (name === 'mic' || name === 'camera') this.patch({ lacks: { ...this.state.get().lacks, [name]: failed } });
    this.refresh();
  }

  private watch(room: Room): void {
    const refresh = () => this.refresh();
    for (const event of [
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.TrackSubscribed,
      RoomEvent.TrackUnsubscribed,
      // LiveKit's server ends some subscriptions with this word alone
      RoomEvent.TrackUnpublished,
      RoomEvent.TrackMuted,
      RoomEvent.TrackUnmuted,
      RoomEvent.LocalTrackPublished,
      RoomEvent.LocalTrackUnpublished,
      RoomEvent.ActiveSpeakersChanged,
      RoomEvent.ConnectionQualityChanged,
      RoomEvent.ParticipantPermissionsChanged,
    ] as const) {
      room.on(event, refresh);
    }
    room.on(RoomEvent.TrackPublished, (publication) => {
      if (this.state.get().audioOnly && publication.kind === Track.Kind.Video) publication.setSubscribed(false);
    });
    room.on(RoomEvent.ConnectionStateChanged, (state) => {
      if (room !== this.room) return;
      if (state === ConnectionState.Connected) this.patch({ phase: 'connected' });
      if (state === ConnectionState.Reconnecting || state === ConnectionState.SignalReconnecting) {
        if (this.state.get().phase !== 'reconnecting') void this.follow(room);
        this.patch({ phase: 'reconnecting' });
      }
    });
    room.on(RoomEvent.AudioPlaybackStatusChanged, () => this.patch({ silent: !room.canPlaybackAudio }));
    room.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
      const from = participant?.identity ?? '';
      const message = topic === CHAT ? parseChat(payload) : null;
      if (message) this.hear({ ...message, from, mine: false });
      const passing = parsePassing(topic, payload);
      if (passing?.topic === 'scroll') this.patch({ scroll: { from, document_id: passing.document_id, at: passing.at } });
      if (passing?.topic === 'pointer') this.patch({ pointer: { from, x: passing.x, y: passing.y } });
      if (passing?.topic === 'typing') this.patch({ typing: { ...this.state.get().typing, [from]: passing.text } });
    });
  }

  private parted(room: Room, reason: DisconnectReason | undefined): void {
    if (room !== this.room) return;
    this.room = null;
    const elsewhere = reason === DisconnectReason.DUPLICATE_IDENTITY;
    const { chat, held } = this.state.get();
    this.patch({ ...NO_CALL, chat, held, phase: elsewhere ? 'elsewhere' : isFinal(reason) ? 'over' : 'failed' });
  }

  private hear(message: ChatMessage): void {
    this.state.update((state) =>
      state.chat.some((each) => each.id === message.id) ? state : { ...state, chat: [...state.chat, message].slice(-200) },
    );
  }

  private refresh(): void {
    const room = this.room;
    if (!room) return;
    const me = room.localParticipant;
    const people: RoomParticipant[] = [me, ...room.remoteParticipants.values()];
    this.patch({
      seats: people.map((each) => seatOf(each, each === me)),
      mic: me.isMicrophoneEnabled,
      camera: isShown(faceOf(me)),
      sharing: me.isScreenShareEnabled,
      paper: isShown(paperOf(me)),
      silent: !room.canPlaybackAudio,
    });
  }

  private patch(change: Partial<CallState>): void {
    this.state.update((state) => ({ ...state, ...change }));
  }
}

function isFinal(reason: DisconnectReason | undefined): boolean {
  return (
    reason !== undefined &&
    [
      DisconnectReason.CLIENT_INITIATED,
      DisconnectReason.PARTICIPANT_REMOVED,
      DisconnectReason.ROOM_DELETED,
    ].includes(reason)
  );
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'hint' in error;
}

/** A chat message that arrived, or null when it is not one. */
export function parseChat(payload: Uint8Array): { id: string; text: string; at_ms: number } | null {
  try {
    const body = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    const { id, text, at_ms } = body;
    if (typeof id !== 'string' || typeof text !== 'string' || typeof at_ms !== 'number') return null;
    return { id, text: text.slice(0, MAX_CHAT), at_ms };
  } catch {
    return null;
  }
}

function exposeForDiagnostics(room: Room): void {
  const asked = new URLSearchParams(location.search).has('diagnostics') || sessionStorage.getItem('diagnostics');
  if (asked) (window as unknown as { klatiene: unknown }).klatiene = { room };
}
