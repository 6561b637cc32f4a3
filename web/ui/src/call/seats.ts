import { ConnectionQuality, type Participant as RoomParticipant, type RemoteParticipant, Track, type TrackPublication } from 'livekit-client';

import type { Seat } from './call-state';
import type { Line } from './line';

/** The name of a second picture from a camera over a document. */
export const PAPER = 'document-camera';

/** What is shown of one person in the room. */
export function seatOf(participant: RoomParticipant, local: boolean): Seat {
  const flowing = (source: Track.Source): Track | null => {
    const publication: TrackPublication | undefined = participant.getTrackPublication(source);
    return publication?.track && !publication.isMuted ? publication.track : null;
  };
  return {
    identity: participant.identity,
    local,
    camera: flowing(Track.Source.Camera),
    screen: flowing(Track.Source.ScreenShare),
    microphone: flowing(Track.Source.Microphone),
    speaking: participant.isSpeaking,
    paper: participant.getTrackPublication(Track.Source.ScreenShare)?.trackName === PAPER,
    line: lineOf(participant),
  };
}

function lineOf({ connectionQuality }: RoomParticipant): Line {
  if (connectionQuality === ConnectionQuality.Lost) return 'lost';
  return connectionQuality === ConnectionQuality.Poor ? 'slow' : 'fine';
}

/** Whether this person's pictures are taken. */
export function takePictures(person: RemoteParticipant, on: boolean): void {
  for (const publication of person.trackPublications.values()) {
    if (publication.kind === Track.Kind.Video) publication.setSubscribed(on);
  }
}
