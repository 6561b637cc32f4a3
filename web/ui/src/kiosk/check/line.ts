import { type LocalVideoTrack, Room, RoomEvent, Track, type RemoteTrack } from 'livekit-client';

import { type LineJoins, type LineResult, NO_LINE } from '../../api/checks';

/** So long pictures flow; bandwidth estimators need some seconds to find out. */
const FLOW_MS = 6_000;
const MAX_KBPS = 1_500;

type Row = Record<string, unknown> & { type: string };

/**
 * The way to the media node and back, as a conversation would take it: moving pictures made here go up over one
 * connection and come down over another. `payload` downloads bytes, since what comes down this way can be no more than
 * what went up.
 */
export async function measureLine(joins: () => Promise<LineJoins>, payload: () => Promise<number>): Promise<LineResult> {
  const { up, down } = await joins();
  const [sender, receiver] = [new Room(), new Room()];
  const picture = movingPicture();
  try {
    const arrived = new Promise<RemoteTrack>((resolve) => {
      receiver.on(RoomEvent.TrackSubscribed, (track) => resolve(track));
    });
    await Promise.all([
      receiver.connect(down.url, down.token, { maxRetries: 0 }),
      sender.connect(up.url, up.token, { maxRetries: 0 }),
    ]);
    const publication = await sender.localParticipant.publishTrack(picture.track, {
      source: Track.Source.Camera,
      simulcast: false,
      videoCodec: 'vp8',
      videoEncoding: { maxBitrate: MAX_KBPS * 1000, maxFramerate: 25 },
    });
    const local = publication.track as LocalVideoTrack;
    const remote = await within(arrived, 8_000);
    const [bytes] = await Promise.all([timed(payload), pause(FLOW_MS / 2)]);
    const before = await statsOf(local, remote);
    await pause(FLOW_MS / 2);
    const after = await statsOf(local, remote);
    const seconds = Math.max(0.1, (after.at - before.at) / 1000);
    const rate = (name: 'sent' | 'received') => Math.round(((after[name] - before[name]) * 8) / 1000 / seconds);
    return {
      transport: after.transport,
      // what flowed now, or what the estimator says could flow
      up_kbps: Math.max(rate('sent'), Math.min(after.couldSend, 100_000)),
      down_kbps: Math.max(rate('received'), bytes),
      loss: Math.min(1, Math.max(after.lossUp, after.lossDown)),
      rtt_ms: after.rtt,
    };
  } catch {
    return NO_LINE;
  } finally {
    picture.stop();
    await Promise.allSettled([sender.disconnect(), receiver.disconnect()]);
  }
}

async function statsOf(local: LocalVideoTrack, remote: RemoteTrack) {
  const up = rows(await local.sender?.getStats());
  const down = rows(await remote.receiver?.getStats());
  const find = (list: Row[], type: string) => list.find((row) => row.type === type && (row['kind'] ?? 'video') === 'video');
  const pairOf = find(up, 'transport')?.['selectedCandidatePairId'];
  const pair = up.find((row) => row['id'] === pairOf) ?? up.find((row) => row.type === 'candidate-pair' && row['nominated']);
  const candidate = up.find((row) => row['id'] === pair?.['localCandidateId']);
  const inbound = find(down, 'inbound-rtp');
  const report = find(up, 'remote-inbound-rtp');
  const [lost, got] = [number(inbound?.['packetsLost']), number(inbound?.['packetsReceived'])];
  return {
    at: performance.now(),
    sent: number(find(up, 'outbound-rtp')?.['bytesSent']),
    received: number(inbound?.['bytesReceived']),
    couldSend: Math.round(number(pair?.['availableOutgoingBitrate']) / 1000),
    lossUp: number(report?.['fractionLost']),
    lossDown: lost > 0 ? lost / (lost + got) : 0,
    rtt: Math.round(number(report?.['roundTripTime'] ?? pair?.['currentRoundTripTime']) * 1000),
    transport: transportOf(candidate),
  };
}

function transportOf(candidate: Row | undefined): LineResult['transport'] {
  if (!candidate) return 'udp';
  if (candidate['candidateType'] === 'relay') return 'relay';
  return candidate['protocol'] === 'tcp' ? 'tcp' : 'udp';
}

function rows(report: RTCStatsReport | undefined): Row[] {
  return report ? ([...(report as unknown as Map<string, Row>).values()] as Row[]) : [];
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** kbit/s of a download. */
async function timed(payload: () => Promise<number>): Promise<number> {
  const started = performance.now();
  const bytes = await payload();
  return Math.round((bytes * 8) / Math.max(1, performance.now() - started));
}

/** Noise that moves: a picture that an encoder cannot make small. */
function movingPicture(): { track: MediaStreamTrack; stop: () => void } {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [640, 360];
  const context = canvas.getContext('2d');
  const noise = context?.createImageData(640, 360);
  const draw = () => {
    if (!context || !noise) return;
    const words = new Uint32Array(noise.data.buffer);
    for (let at = 0; at < words.length; at += 1) words[at] = (Math.random() * 0x1000000) | 0xff000000;
    context.putImageData(noise, 0, 0);
  };
  draw();
  const timer = setInterval(draw, 80);
  const [track] = canvas.captureStream(12).getVideoTracks();
  if (!track) throw new Error('no picture');
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  return Promise.race([work, pause(ms).then(() => Promise.reject(new Error('too late')))]);
}
