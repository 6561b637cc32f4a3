import type { Room } from 'livekit-client';

import type { Devices } from './call-state';
import { faceOf, isShown } from './paper';

/** What of `wanted` this page does not send. */
export function lacking(me: Room['localParticipant'], wanted: Devices): Devices {
  return { mic: wanted.mic && !me.isMicrophoneEnabled, camera: wanted.camera && !isShown(faceOf(me)) };
}

/** Whether the browser lets this page use it without asking anybody. */
export async function isAllowed(name: 'camera' | 'microphone'): Promise<boolean> {
  const found = await navigator.permissions?.query({ name: name as PermissionName }).catch(() => null);
  return found?.state === 'granted';
}
