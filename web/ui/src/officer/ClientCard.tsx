import type { SessionView } from '../api/types';
import { useTexts } from '../i18n';
import { ActingFor } from '../session/ActingFor';
import { BenefitsList } from '../session/BenefitsList';
import { VerifiedBy } from '../session/Identity';

/** What the officer may know of the client: checked by the clerk, never a name or a code. */
export function ClientCard({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const identified = session.client?.kind === 'identified';
  return (
    <section className="card stack" aria-label={t('client')} data-testid="client-card">
      <h2>{t('client')}</h2>
      {identified ? (
        <>
          <p>
            <strong>{t('clientLabel', { label: session.client?.label ?? '' })}</strong>
          </p>
          <VerifiedBy session={session} />
          <ActingFor session={session} />
          <BenefitsList sessionId={session.id} />
        </>
      ) : (
        <p className="hint">{t('clientNone')}</p>
      )}
    </section>
  );
}
