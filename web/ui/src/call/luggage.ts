import { type LocalTrack, type Room, Track, type TrackPublishOptions } from 'livekit-client';

import { PAPER } from './paper';

interface Sent {
  track: LocalTrack;
  options: TrackPublishOptions | undefined;
}

/**
 * What was sent in a room whose node is gone, to be sent again in the next: the camera stays on instead of being opened
 * anew, and nobody is asked again for the screen they share.
 */
export class Luggage {
  private constructor(private readonly sent: readonly Sent[]) {}

  /** Leave the room with what was sent there; what was muted is not, and its device is let go. */
  static async of(room: Room): Promise<Luggage> {
    const published = [...room.localParticipant.trackPublications.values()];
    const sent = published.flatMap(({ track, isMuted, options }) => (track && !isMuted ? [{ track, options }] : []));
    const muted = published.flatMap(({ track, isMuted }) => (track && isMuted ? [track] : []));
    await room.disconnect(false);
    for (const track of muted) track.stop();
    return new Luggage(sent);
  }

  /** Send it in this room. What it does not take, such as what one may no longer send, is let go when `counts()`. */
  async bring({ localParticipant: me }: Room, counts: () => boolean): Promise<void> {
    const one = async ({ track, options }: Sent) => {
      if (track.mediaStreamTrack.readyState === 'live') await me.publishTrack(track, options);
      // a room that failed half-way has let go of it
      else if (track.source === Track.Source.Camera && options?.name !== PAPER) await me.setCameraEnabled(true);
      else if (track.source === Track.Source.Microphone) await me.setMicrophoneEnabled(true);
    };
    const done = await Promise.allSettled(this.sent.map(one));
    for (const [at, { status }] of done.entries()) if (status === 'rejected' && counts()) this.sent[at]?.track.stop();
  }

  stop(): void {
    for (const { track } of this.sent) track.stop();
  }
}
