import type { SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { CallCard } from '../session/CallCard';
import { Chat } from '../session/Chat';
import { Documents } from '../session/Documents';
import { Door } from '../session/Door';
import { HomeLink } from '../session/HomeLink';
import { OtherOfficials } from '../session/OtherOfficials';
import { People } from '../session/People';
import { SessionHead } from '../session/SessionHead';
import { Training } from '../session/Training';
import { useSessionCall } from '../session/useSessionCall';
import { WorkstationPanel } from './WorkstationPanel';

/** The clerk's session: the stage, the moderator's bar, the workstation, the people, the chat. */
export function SessionArea({
  session,
  held,
  onClose,
}: {
  session: SessionView;
  held: boolean;
  onClose: () => void;
}) {
  const { t } = useTexts();
  const handle = useSessionCall(session, api.join, held);
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
      {session.can_moderate ? (
        <Door
          session={session}
          {...(session.workstation ? { onAdmitWorkstation: () => api.authorise(session.id, session.workstation?.id ?? '', 'push') } : {})}
        />
      ) : null}
      <CallCard
        session={session}
        handle={handle}
        ending={{
          testId: 'end-session',
          label: t('endSession'),
          question: t('endConfirm'),
          consequence: t('endConfirmText'),
          act: () => api.end(session.id),
        }}
      />
      <div className="pair">
        <WorkstationPanel session={session} />
        <People session={session} />
      </div>
      <HomeLink session={session} />
      <Training session={session} />
      <OtherOfficials session={session} />
      <Documents session={session} />
      <Chat handle={handle} people={session.participants} sessionId={session.id} files />
    </section>
  );
}
