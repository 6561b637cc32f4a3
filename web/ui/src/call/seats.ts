import { ConnectionQuality, type Participant as RoomParticipant, type RemoteParticipant, Track, type TrackPublication } from 'livekit-client';

import type { Seat } from './call-state';
import type { Line } from './line';
import { faceOf, paperOf } from './paper';

/** What is shown of one person in the room. */
export function seatOf(participant: RoomParticipant, local: boolean): Seat {
  const flowing = (publication: TrackPublication | undefined): Track | null =>
    publication?.track && !publication.isMuted ? publication.track : null;
  return {
    identity: participant.identity,
    local,
    camera: flowing(faceOf(participant)),
    screen: flowing(participant.getTrackPublication(Track.Source.ScreenShare)),
    paper: flowing(paperOf(participant)),
    microphone: flowing(participant.getTrackPublication(Track.Source.Microphone)),
    speaking: participant.isSpeaking,
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
