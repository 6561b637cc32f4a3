import { useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Loading, Problem } from '../ui/parts';
import { euro } from './money';
import type { Health } from './types';

/** The administrator's page: does the store agree with itself, how much is there, the project's indicators. */
export function HealthPage() {
  const { t, word, lang } = useTexts();
  const [found, setFound] = useState<Health | null>(null);
  const loading = useAction();
  const { run } = loading;
  useEffect(() => {
    void run(async () => setFound(await api.get<Health>('/api/avis/health')));
  }, [run]);
  if (!found) return loading.error ? <Problem error={loading.error} /> : <Loading />;
  const { checks, counts } = found.health;
  const well = Object.values(checks).every((wrong) => wrong === 0);
  return (
    <>
      <h1>{t('avisHealth')}</h1>
      <p className={well ? 'notice' : 'problem'} role="status" data-testid="health" data-well={well}>
        <Icon name={well ? 'check' : 'warning'} /> {well ? t('healthGood') : t('healthBad')}
      </p>
      <section className="card stack" aria-label={t('integrity')}>
        <h2>{t('integrity')}</h2>
        <ul className="stack tight">
          {Object.entries(checks).map(([name, n]) => (
            <li key={name} className="line">
              <Icon name={n === 0 ? 'check' : 'warning'} size={16} />
              <span>
                {word('check_', name)}: {t('healthWrong', { n })}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section className="card stack" aria-label={t('avisIndicators')}>
        <h2>{t('avisIndicators')}</h2>
        <dl className="figures">
          <Figure name={t('rr1')} value={found.indicators.rr1_transactions.toLocaleString(lang)} />
          <Figure name={t('rr2')} value={found.indicators.rr2_merchants.toLocaleString(lang)} />
          <Figure name={t('rr3')} value={euro(found.indicators.rr3_cents, lang)} />
          {Object.entries(counts).map(([name, n]) => (
            <Figure key={name} name={word('count_', name)} value={n.toLocaleString(lang)} />
          ))}
        </dl>
      </section>
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="quiet">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
