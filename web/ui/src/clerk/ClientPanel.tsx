import type { SessionView } from '../api/types';
import { useTexts } from '../i18n';
import { ActingFor } from '../session/ActingFor';

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
          <br />
          <span className="hint">{t('clientSource')}</span>
        </p>
      ) : (
        <p className="hint">{t('clientNone')}</p>
      )}
      {running && client?.kind === 'identified' ? <ActingFor session={session} /> : null}
    </section>
  );
}
