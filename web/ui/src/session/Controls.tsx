import { useEffect, useState } from 'react';

import type { Participant } from '../api/types';
import type { CallHandle } from '../call/useCall';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { KEYS, type ShortcutName, shortcutsOn } from '../ui/shortcuts';
import { useStore } from '../ui/store';

/**
 * One's own microphone, camera, screen and document camera; what the moderator has banned says so instead of failing.
 * `share`: the screen may be shown; `papers`: a second camera may; `keys`: shortcuts work, and are shown to who points;
 * `help`: what else one may do when a device does not work.
 */
export function Controls({
  handle,
  mine,
  share = true,
  papers = true,
  keys = false,
  help = '',
}: {
  handle: CallHandle;
  mine: Participant | null;
  share?: boolean;
  papers?: boolean;
  keys?: boolean;
  help?: string;
}) {
  const { t } = useTexts();
  const { state, call } = handle;
  const { lacks } = state;
  const ready = state.phase === 'connected' && call !== null;
  const banned = mine?.muted ?? { audio: false, video: false, screen: false };
  const cameras = useCameras(state.camera);
  const by = useStore(shortcutsOn) && keys;
  const shortcut = (name: ShortcutName) => (by ? { title: t('shortcutKey', { key: KEYS[name] }), 'aria-keyshortcuts': KEYS[name] } : {});
  const shareable = share && typeof navigator.mediaDevices?.getDisplayMedia === 'function';
  return (
    <div className="stack tight">
      <div className="controls" role="group" aria-label={t('session')}>
        <button
          type="button"
          className="button"
          data-testid="toggle-mic"
          aria-pressed={state.mic}
          {...shortcut('mic')}
          disabled={!ready || banned.audio}
          onClick={() => void call?.toggleMic()}
        >
          <Icon name={state.mic ? 'mic' : 'micOff'} /> {state.mic ? t('micOff') : t('micOn')}
        </button>
        <button
          type="button"
          className="button"
          data-testid="toggle-camera"
          aria-pressed={state.camera}
          {...shortcut('camera')}
          disabled={!ready || banned.video || state.audioOnly}
          onClick={() => void call?.toggleCamera()}
        >
          <Icon name={state.camera ? 'camera' : 'cameraOff'} /> {state.camera ? t('camOff') : t('camOn')}
        </button>
        {shareable ? (
          <button
            type="button"
            className="button"
            data-testid="toggle-share"
            aria-pressed={state.sharing}
            disabled={!ready || banned.screen}
            onClick={() => void call?.toggleShare()}
          >
            <Icon name="screen" /> {state.sharing ? t('shareOff') : t('shareOn')}
          </button>
        ) : null}
        {papers && (cameras > 1 || state.paper) ? (
          <button
            type="button"
            className="button"
            data-testid="document-camera"
            aria-pressed={state.paper}
            disabled={!ready || banned.video || state.audioOnly}
            onClick={() => void call?.togglePaper()}
          >
            <Icon name="paper" /> {state.paper ? t('paperOff') : t('paperOn')}
          </button>
        ) : null}
        <button
          type="button"
          className="button"
          data-testid="audio-only"
          aria-pressed={state.audioOnly}
          {...shortcut('sound')}
          disabled={!ready}
          onClick={() => void call?.audioOnly(!state.audioOnly)}
        >
          <Icon name={state.audioOnly ? 'camera' : 'volume'} /> {t(state.audioOnly ? 'audioOnlyOff' : 'audioOnly')}
        </button>
      </div>
      {state.audioOnly ? (
        <p className="notice" role="status" data-testid="audio-only-now">
          {t('audioOnlyNow')}
        </p>
      ) : null}
      {banned.audio || banned.video || (share && banned.screen) ? (
        <p className="notice" role="status" data-testid="banned">
          {t('banned')}
        </p>
      ) : null}
      {state.noPaper ? (
        <p className="notice" role="status" data-testid="paper-none">
          {t('paperNone')}
        </p>
      ) : null}
      {ready && (lacks.mic || lacks.camera) ? (
        <p className="notice" role="status" data-testid="device-none">
          {t(lacks.mic && lacks.camera ? 'deviceNone' : lacks.mic ? 'micNone' : 'camNone')} {help}
        </p>
      ) : null}
    </div>
  );
}

/** How many cameras this device has; known once one of them was allowed. */
function useCameras(camera: boolean): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const look = () =>
      void navigator.mediaDevices
        ?.enumerateDevices()
        .then((all) => setCount(all.filter((each) => each.kind === 'videoinput').length))
        .catch(() => undefined);
    look();
    navigator.mediaDevices?.addEventListener('devicechange', look);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', look);
  }, [camera]);
  return count;
}
