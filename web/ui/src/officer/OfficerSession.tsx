import type { SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { CallCard } from '../session/CallCard';
import { Chat } from '../session/Chat';
import { People } from '../session/People';
import { useSessionCall } from '../session/useSessionCall';

export function OfficerSession({ session, held }: { session: SessionView; held: boolean }) {
  const { t } = useTexts();
  const handle = useSessionCall(session, api.join, held);
  return (
    <section className="stack" aria-label={t('session')} data-testid="session" data-session={session.id}>
      <CallCard
        session={session}
        handle={handle}
        ending={{
          testId: 'leave-session',
          label: t('leaveSession'),
          question: t('leaveConfirm'),
          consequence: t('leaveConfirmText'),
          act: () => api.leave(session.id),
        }}
      />
      <People session={session} />
      <Chat handle={handle} people={session.participants} sessionId={session.id} />
    </section>
  );
}
