import { useEffect } from 'react';

import type { MediaKind, SessionView } from '../api/types';
import type { CallHandle } from '../call/useCall';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction } from '../ui/hooks';
import { Problem } from '../ui/parts';
import { acts } from './acts';
import { mineOf } from './useSessionCall';

/** The moderator asks for a microphone or a camera; only one's own hand switches it on. */
export function Asked({ session, handle }: { session: SessionView; handle: CallHandle }) {
  const { t } = useTexts();
  const answering = useAction();
  const kind = (mineOf(session)?.asked ?? []).find((each): each is 'audio' | 'video' => each !== 'screen') ?? null;
  useEffect(() => {
    if (kind) announce(t(kind === 'audio' ? 'askedAudio' : 'askedVideo'));
  }, [kind, t]);
  if (!kind) return null;
  const answer = (yes: boolean, asked: MediaKind) =>
    void answering.run(async () => {
      const on = asked === 'audio' ? handle.state.mic : handle.state.camera;
      if (yes && !on) await (asked === 'audio' ? handle.call?.toggleMic() : handle.call?.toggleCamera());
      await acts.answer(session.id, asked);
    });
  return (
    <div className="notice stack tight" role="alert" data-testid={`asked-${kind}`}>
      <p>{t(kind === 'audio' ? 'askedAudio' : 'askedVideo')}</p>
      <Problem error={answering.error} />
      <div className="row">
        <button type="button" className="button primary" data-testid="asked-yes" onClick={() => answer(true, kind)}>
          {t(kind === 'audio' ? 'askedYesAudio' : 'askedYesVideo')}
        </button>
        <button type="button" className="button" data-testid="asked-no" onClick={() => answer(false, kind)}>
          {t('askedNo')}
        </button>
      </div>
    </div>
  );
}
