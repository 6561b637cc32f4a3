import { type FormEvent, useState } from 'react';

import { api } from '../app';
import type { Means } from '../avis/types';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';

/** The clerk registers the client's card in AVIS; the client then finds it in the own panel. */
export function RegisterMeans({ sessionId }: { sessionId: string }) {
  const { t, word } = useTexts();
  const [kind, setKind] = useState('customer_card');
  const [token, setToken] = useState('');
  const [made, setMade] = useState<Means | null>(null);
  const saving = useAction();
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving.run(async () => {
      setMade(await api.act<Means>(sessionId, 'means', { kind, token: token.trim() }));
      setToken('');
    });
  };
  return (
    <details className="stack tight">
      <summary data-testid="means-open">{t('pMeansAdd')}</summary>
      <form className="stack tight" onSubmit={save}>
        <Problem error={saving.error} />
        {made ? (
          <p role="status" data-testid="means-registered">
            <Icon name="check" size={16} /> {word('means_', made.kind)} {made.label}: {word('means_state_', made.state)}
          </p>
        ) : null}
        <Field id="session-means-kind" label={t('meansKind')}>
          <select id="session-means-kind" value={kind} onChange={(event) => setKind(event.target.value)}>
            {['customer_card', 'transport_card', 'student_card', 'eid', 'qr'].map((each) => (
              <option key={each} value={each}>
                {word('means_', each)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="session-means-token" label={t('pMeansToken')}>
          <input id="session-means-token" required minLength={4} autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} />
        </Field>
        <div>
          <button type="submit" className="button" disabled={saving.busy}>
            {t('pMeansAdd')}
          </button>
        </div>
      </form>
    </details>
  );
}
