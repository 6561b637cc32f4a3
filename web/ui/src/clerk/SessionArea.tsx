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
import { WorkstationPanel } from './WorkstationPanel';

/** The clerk's session: the stage, the moderator's bar, the workstation, the people, the chat. */
export function SessionArea({ session, onClose }: { session: SessionView; onClose: () => void }) {
  const { t } = useTexts();
  const handle = useSessionCall(session);
  const ending = useAction();
  const [asking, setAsking] = useState(false);
  if (session.state === 'ended') {
    return (
      <section className="card stack" data-testid="session-ended" aria-label={t('session')}>
        <SessionHead session={session} />
        <p>{t('sessionSaved')}</p>
        <div className="row">
          <button type="button" className="button" onClick={onClose}>
            {t('close')}
          </button>
        </div>
      </section>
    );
  }
  return (
    <section className="stack" aria-label={t('session')} data-testid="session" data-session={session.id}>
      <div className="card stack">
        <SessionHead session={session} />
        <Stage handle={handle} people={session.participants} />
        <Controls handle={handle} mine={mineOf(session)} />
        <Problem error={ending.error} />
        <div className="controls">
          <button
            type="button"
            className="button danger"
            data-testid="end-session"
            disabled={ending.busy}
            onClick={() => setAsking(true)}
          >
            <Icon name="end" /> {t('endSession')}
          </button>
        </div>
      </div>
      <div className="pair">
        <WorkstationPanel session={session} />
        <People session={session} />
      </div>
      <Chat handle={handle} people={session.participants} sessionId={session.id} />
      <Confirm
        open={asking}
        title={t('endConfirm')}
        confirm={t('endSession')}
        danger
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          void ending.run(() => api.end(session.id));
        }}
      >
        <p>{t('endConfirmText')}</p>
      </Confirm>
    </section>
  );
}
