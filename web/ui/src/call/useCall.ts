import { useEffect, useState } from 'react';

import type { Join } from '../api/types';
import { createStore, useStore } from '../ui/store';
import { type CallState, type ChatMessage, NO_CALL } from './call-state';
import type { Call } from './call';

export interface CallHandle {
  state: CallState;
  call: Call | null;
  rejoin: () => void;
}

const NONE = createStore<CallState>(NO_CALL);

/** Keeps a page in the room of `sessionId` while that is not null; the call's code is loaded when it is needed. */
export function useCall(
  sessionId: string | null,
  grant: (sessionId: string) => Promise<Join>,
  devices?: { camera: boolean; mic: boolean },
  held = false,
): CallHandle {
  const [call, setCall] = useState<Call | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [wanted] = useState({ grant, devices, held, chatOf: '', chat: [] as ChatMessage[] });
  wanted.grant = grant;
  wanted.devices = devices;
  wanted.held = held;

  useEffect(() => {
    if (sessionId === null) return;
    let current: Call | null = null;
    let gone = false;
    void import('./call').then(({ Call }) => {
      if (gone) return;
      current = new Call(wanted.chatOf === sessionId ? wanted.chat : []);
      void current.hold(wanted.held);
      setCall(current);
      current.join(() => wanted.grant(sessionId), wanted.devices).catch(() => undefined);
    });
    return () => {
      gone = true;
      setCall(null);
      wanted.chatOf = sessionId;
      wanted.chat = current?.state.get().chat ?? [];
      void current?.leave();
    };
  }, [sessionId, attempt, wanted]);

  useEffect(() => void call?.hold(held), [call, held]);

  const state = useStore(call?.state ?? NONE);
  return { state, call, rejoin: () => setAttempt((now) => now + 1) };
}
