import type { SessionView } from '../api/types';
import { api } from '../app';
import { AskToSee, Steer } from '../control/Steer';
import { useTexts } from '../i18n';
import { CallCard } from '../session/CallCard';
import { Chat } from '../session/Chat';
import { Documents } from '../session/Documents';
import { Door } from '../session/Door';
import { HomeLink } from '../session/HomeLink';
import { OtherOfficials } from '../session/OtherOfficials';
import { Outside } from '../session/Outside';
import { People } from '../session/People';
import { Training } from '../session/Training';
import { useSessionCall } from '../session/useSessionCall';
import { useAction } from '../ui/hooks';
import { Problem } from '../ui/parts';

export function OfficerSession({ session, held }: { session: SessionView; held: boolean }) {
  const { t } = useTexts();
  const handle = useSessionCall(session, api.join, held);
  // called in, and not yet let in: nothing is known but that one waits
  if (!session.identity) {
    return (
      <section className="card stack" aria-label={t('session')} data-testid="session" data-session={session.id}>
        <Outside session={session} />
        <Leave session={session} />
      </section>
    );
  }
  const second = session.role === 'specialist' || session.state === 'handed_back';
  return (
    <section className="stack" aria-label={t('session')} data-testid="session" data-session={session.id}>
      {session.can_moderate ? <Door session={session} /> : null}
      <CallCard
        session={session}
        handle={handle}
        ending={{
          testId: 'leave-session',
          label: t(second ? 'specialistLeave' : 'leaveSession'),
          question: t('leaveConfirm'),
          consequence: t(second ? 'specialistLeaveText' : 'leaveConfirmText'),
          act: () => api.leave(session.id),
        }}
      />
      <AskToSee session={session} />
      <Steer session={session} handle={handle} />
      {session.role === 'officer' && session.state !== 'handed_back' ? <OtherOfficials session={session} /> : null}
      {session.role === 'officer' ? <HomeLink session={session} /> : null}
      <Training session={session} />
      <People session={session} />
      {session.door ? null : <Documents session={session} />}
      {session.door ? null : <Chat handle={handle} people={session.participants} sessionId={session.id} files />}
    </section>
  );
}

function Leave({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const leaving = useAction();
  return (
    <div className="stack tight">
      <Problem error={leaving.error} />
      <div className="row">
        <button type="button" className="button" data-testid="leave-door" disabled={leaving.busy} onClick={() => void leaving.run(() => api.leave(session.id))}>
          {t('specialistLeave')}
        </button>
      </div>
    </div>
  );
}
