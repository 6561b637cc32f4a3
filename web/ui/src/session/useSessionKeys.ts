import type { SessionView } from '../api/types';
import type { CallHandle } from '../call/useCall';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useShortcut } from '../ui/shortcuts';
import { mineOf } from './useSessionCall';

export const chatId = (sessionId: string) => `chat-${sessionId}`;
export const doorId = (sessionId: string) => `door-${sessionId}`;

/** What an official does most often in a conversation, by one key; of several sessions in the one in front. */
export function useSessionKeys(session: SessionView, { call, state }: CallHandle): void {
  const { t } = useTexts();
  const banned = mineOf(session)?.muted;
  const inside = state.phase === 'connected' && call !== null && !state.held;
  useShortcut('mic', () => void call?.toggleMic().then(() => announce(t(call.state.get().mic ? 'micIsOn' : 'micIsOff'))), inside && !banned?.audio);
  useShortcut(
    'camera',
    () => void call?.toggleCamera().then(() => announce(t(call.state.get().camera ? 'cameraIsOn' : 'cameraIsOff'))),
    inside && !banned?.video && !state.audioOnly,
  );
  useShortcut('sound', () => void call?.audioOnly(!state.audioOnly), inside);
  useShortcut('chat', () => document.getElementById(chatId(session.id))?.focus(), inside);
  // leads to the door and opens it to nobody: whom to let in is looked at before
  useShortcut('door', () => document.querySelector<HTMLElement>(`#${CSS.escape(doorId(session.id))} button`)?.focus(), session.lobby.length > 0 && !state.held);
}
