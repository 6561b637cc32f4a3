import { useState } from 'react';

import type { SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { ActingFor } from '../session/ActingFor';
import { BenefitsList } from '../session/BenefitsList';
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
  const identified = session.client?.kind === 'identified';
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
      <section className="card stack" aria-label={t('client')} data-testid="client-card">
        <h2>{t('client')}</h2>
        {identified ? (
          <>
            <p>
              <strong>{session.client?.label}</strong>
              <br />
              <span className="hint">{t('clientSource')}</span>
            </p>
            <ActingFor session={session} />
            <BenefitsList sessionId={session.id} />
          </>
        ) : (
          <p className="hint">{t('clientNone')}</p>
        )}
      </section>
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
