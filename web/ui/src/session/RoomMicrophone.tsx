import type { SessionView } from '../api/types';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';
import { acts } from './acts';
import { isQuiet } from './useSessionCall';

/** Clerk and client in one room: the clerk says whose microphone and loudspeaker serve them both. */
export function RoomMicrophone({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const acting = useAction();
  const citizen = session.participants.find((each) => each.role === 'citizen' && each.via !== 'link' && each.state === 'joined');
  const quiet = isQuiet(session) ? (
    <p className="notice" role="status" data-testid="room-quiet">
      {t('roomMicrophoneOff')}
    </p>
  ) : null;
  if (session.role !== 'clerk' || !citizen) return quiet;
  return (
    <div className="stack tight">
      <Problem error={acting.error} />
      <Field id="room-microphone" label={t('roomMicrophone')} hint={t('roomMicrophoneHint')}>
        <select
          id="room-microphone"
          data-testid="room-microphone"
          aria-describedby="room-microphone-hint"
          value={session.room_microphone ?? ''}
          disabled={acting.busy}
          onChange={(event) => void acting.run(() => acts.microphone(session.id, event.target.value || null))}
        >
          <option value="">{t('roomMicrophoneOwn')}</option>
          <option value={session.identity ?? ''}>{t('roomMicrophoneClerk')}</option>
          <option value={citizen.identity}>{t('roomMicrophoneCitizen')}</option>
        </select>
      </Field>
      {quiet}
    </div>
  );
}
