import { useEffect, useRef } from 'react';

import type { Join, SessionView } from '../api/types';
import { api } from '../app';
import { type CallHandle, useCall } from '../call/useCall';

/** The call of a running session this page belongs to; over as soon as the session is, or one was removed. */
export function useSessionCall(
  session: SessionView | null,
  grant: (sessionId: string) => Promise<Join> = api.join,
  held = false,
): CallHandle {
  const mine = mineOf(session);
  const running = session !== null && session.state !== 'ended' && mine?.state !== 'removed';
  const handle = useCall(running && session.identity && !session.door ? session.id : null, grant, undefined, held);
  useBanned(handle, mine?.muted.screen === true);
  useRoomMicrophone(handle, isQuiet(session));
  return handle;
}

export function mineOf(session: SessionView | null) {
  return session?.participants.find((person) => person.identity === session.identity) ?? null;
}

/** A share that the moderator has stopped ends here too, so that the browser's own notice goes away. */
function useBanned(handle: CallHandle, banned: boolean): void {
  const last = useRef(false);
  useEffect(() => {
    if (banned && !last.current && handle.state.sharing) void handle.call?.toggleShare();
    last.current = banned;
  }, [banned, handle]);
}

/** In one room with another device that has the microphone: this one is silent both ways, so that nothing echoes. */
export function isQuiet(session: SessionView | null): boolean {
  const owner = session?.room_microphone;
  return Boolean(owner) && owner !== session?.identity && (session?.role === 'clerk' || session?.role === 'citizen');
}

function useRoomMicrophone(handle: CallHandle, quiet: boolean): void {
  const last = useRef(false);
  const { call, state } = handle;
  const ready = state.phase === 'connected';
  useEffect(() => {
    if (!call || !ready) return;
    // given up when another device takes it, taken up again when it is given back
    if (quiet ? state.mic : last.current && !state.mic) void call.toggleMic();
    last.current = quiet;
    // a microphone that one switches by oneself later is one's own affair
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [call, ready, quiet]);
}
