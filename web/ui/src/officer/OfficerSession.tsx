import { useState } from 'react';

import type { SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { Chat } from '../session/Chat';
import { Controls } from '../session/Controls';
import { People } from '../session/People';
import { SessionHead } from '../session/SessionHead';
import { Stage } from '../session/Stage';
import { mineOf, useSessionCall } from '../session/useSessionCall';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Problem } from '../ui/parts';

export function OfficerSession({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const handle = useSessionCall(session);
  const leaving = useAction();
  const [asking, setAsking] = useState(false);
  return (
    <section className="stack" aria-label={t('session')} data-testid="session" data-session={session.id}>
      <div className="card stack">
        <SessionHead session={session} />
        <Stage handle={handle} people={session.participants} />
        <Controls handle={handle} mine={mineOf(session)} />
        <Problem error={leaving.error} />
        <div className="controls">
          <button type="button" className="button danger" data-testid="leave-session" onClick={() => setAsking(true)}>
            <Icon name="end" /> {t('leaveSession')}
          </button>
        </div>
      </div>
      <People session={session} />
      <Chat handle={handle} people={session.participants} sessionId={session.id} />
      <Confirm
        open={asking}
        title={t('leaveConfirm')}
        confirm={t('leaveSession')}
        danger
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          void leaving.run(() => api.leave(session.id));
        }}
      >
        <p>{t('leaveConfirmText')}</p>
      </Confirm>
    </section>
  );
}
