import type { Participant } from '../api/types';
import type { CallHandle } from '../call/useCall';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';

/** One's own microphone, camera and screen; what the moderator has banned says so instead of failing. */
export function Controls({ handle, mine, share = true }: { handle: CallHandle; mine: Participant | null; share?: boolean }) {
  const { t } = useTexts();
  const { state, call } = handle;
  const ready = state.phase === 'connected' && call !== null;
  const banned = mine?.muted ?? { audio: false, video: false, screen: false };
  const shareable = share && typeof navigator.mediaDevices?.getDisplayMedia === 'function';
  return (
    <div className="stack tight">
      <div className="controls" role="group" aria-label={t('session')}>
        <button
          type="button"
          className="button"
          data-testid="toggle-mic"
          aria-pressed={state.mic}
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
          disabled={!ready || banned.video}
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
      </div>
      {banned.audio || banned.video || banned.screen ? (
        <p className="notice" role="status" data-testid="banned">
          {t('banned')}
        </p>
      ) : null}
      {state.noDevice && ready ? (
        <p className="notice" role="status">
          {t('deviceNone')}
        </p>
      ) : null}
    </div>
  );
}
