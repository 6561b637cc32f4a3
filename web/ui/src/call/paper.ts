import { createLocalVideoTrack, type LocalParticipant, type LocalTrackPublication, type Participant, Track, type TrackPublication, type VideoCaptureOptions } from 'livekit-client';

/**
 * A camera over a document, beside the face. It is a camera like any other: a client at a workstation may show it
 * without being lent anything, and a moderator who stops the video stops both. It is known by its track's name.
 */
export const PAPER = 'document-camera';
/** Letters must be sharp; nothing moves fast. In layers like a face, so that a narrow line gets a smaller picture instead of none. */
const ENCODING = { maxBitrate: 1_200_000, maxFramerate: 10 };
/** What makers call a camera that looks down on a table. */
const NAMED = /do[ck]ument|visuali[sz]er|overhead|scan/i;

export function faceOf(person: LocalParticipant): LocalTrackPublication | undefined;
export function faceOf(person: Participant): TrackPublication | undefined;
export function faceOf(person: Participant): TrackPublication | undefined {
  return cameras(person).find((each) => each.trackName !== PAPER);
}

export function paperOf(person: LocalParticipant): LocalTrackPublication | undefined;
export function paperOf(person: Participant): TrackPublication | undefined;
export function paperOf(person: Participant): TrackPublication | undefined {
  return cameras(person).find((each) => each.trackName === PAPER);
}

function cameras(person: Participant): TrackPublication[] {
  return [...person.trackPublications.values()].filter((each) => each.source === Track.Source.Camera);
}

export function isShown(publication: TrackPublication | undefined): boolean {
  return publication !== undefined && !publication.isMuted;
}

/** The SDK's own switch takes whichever camera was published first. */
export async function switchFace(me: LocalParticipant, on: boolean, capture: VideoCaptureOptions): Promise<void> {
  const face = faceOf(me);
  if (!paperOf(me)) await me.setCameraEnabled(on);
  else if (face) await (on ? face.unmute() : face.mute());
  else if (on) await me.publishTrack(await createLocalVideoTrack(capture), { source: Track.Source.Camera });
}

/** Raises what the browser does, and `NoSecondCamera`. */
export async function switchPaper(me: LocalParticipant, on: boolean): Promise<void> {
  const shown = paperOf(me)?.track;
  if (!on) return shown ? void (await me.unpublishTrack(shown, true)) : undefined;
  if (shown) return;
  const used = faceOf(me)?.track?.mediaStreamTrack.getSettings().deviceId;
  const found = documentCamera(await navigator.mediaDevices.enumerateDevices(), used);
  if (!found) throw new NoSecondCamera();
  const video = { deviceId: { exact: found.deviceId }, width: { ideal: 1920 }, height: { ideal: 1080 } };
  const [track] = (await navigator.mediaDevices.getUserMedia({ video })).getVideoTracks();
  if (!track) throw new NoSecondCamera();
  track.contentHint = 'detail';
  try {
    await me.publishTrack(track, { source: Track.Source.Camera, name: PAPER, videoEncoding: ENCODING });
  } catch (error) {
    // refused by the room: no light of a camera that nobody sees
    track.stop();
    throw error;
  }
}

class NoSecondCamera extends Error {}

type Device = Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>;

/** Of several cameras the one whose name says so, else the last that does not show the face: browsers put that one first. */
export function documentCamera<D extends Device>(devices: readonly D[], used: string | undefined): D | undefined {
  const all = devices.filter((each) => each.kind === 'videoinput');
  if (all.length < 2) return undefined;
  const free = all.filter((each) => each.deviceId !== used);
  return free.find((each) => NAMED.test(each.label)) ?? free.at(-1);
}
