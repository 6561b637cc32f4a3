import { useState } from 'react';

import type { Benefits } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Problem } from '../ui/parts';

/** The client's benefits, read only when asked for: each look is written down with its purpose. */
export function BenefitsList({ sessionId }: { sessionId: string }) {
  const { t, date } = useTexts();
  const [found, setFound] = useState<Benefits | null>(null);
  const asking = useAction();
  return (
    <section className="stack tight" aria-label={t('benefits')}>
      <h3>{t('benefits')}</h3>
      <Problem error={asking.error} />
      {found?.status === 'unavailable' ? <p className="notice">{t('benefitsUnavailable')}</p> : null}
      {found?.status === 'no_client' ? <p>{t('benefitsNoClient')}</p> : null}
      {found?.status === 'ok' && found.benefits.length === 0 ? <p>{t('benefitsNone')}</p> : null}
      {found?.status === 'ok' && found.benefits.length > 0 ? (
        <ul className="stack tight" data-testid="benefits">
          {found.benefits.map((benefit) => (
            <li key={`${benefit.grantor}-${benefit.name}`}>
              <strong>{benefit.name}</strong>: {t(`benefit_${benefit.kind}`, { value: benefit.value })}
              <br />
              <span className="hint">
                {benefit.grantor}
                {benefit.valid_to ? ` · ${t('validTo', { date: benefit.valid_to })}` : ''}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      {found?.as_of_ms ? (
        <p className="hint">
          {found.source} · {t('asOf', { time: date(found.as_of_ms) })}
        </p>
      ) : null}
      <button
        type="button"
        className="button"
        data-testid="show-benefits"
        disabled={asking.busy}
        onClick={() => void asking.run(async () => setFound(await api.benefits(sessionId)))}
      >
        {asking.busy ? t('checking') : t('benefitsShow')}
      </button>
    </section>
  );
}
