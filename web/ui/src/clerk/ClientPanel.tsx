import type { SessionView } from '../api/types';
import { useTexts } from '../i18n';
import { ActingFor } from '../session/ActingFor';
import { Identify, VerifiedBy } from '../session/Identity';
import { RegisterMeans } from '../session/RegisterMeans';

export function ClientPanel({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const client = session.client;
  const running = session.state !== 'ended';
  return (
    <section className="card stack" aria-label={t('client')}>
      <h2>{t('client')}</h2>
      {client?.kind === 'identified' ? (
        <p>
          <strong>{t('clientLabel', { label: client.label ?? '' })}</strong>
        </p>
      ) : (
        <p className="hint">{t('clientNone')}</p>
      )}
      {client?.kind === 'identified' ? <VerifiedBy session={session} /> : null}
      {running ? <Identify session={session} /> : null}
      {running && client?.kind === 'identified' ? <ActingFor session={session} /> : null}
      {running && client?.kind === 'identified' ? <RegisterMeans sessionId={session.id} /> : null}
    </section>
  );
}
