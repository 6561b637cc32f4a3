import { useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Loading, Problem } from '../ui/parts';
import { euro } from './money';
import type { Health } from './types';

const AGAIN_MS = 2_000;

/** The administrator's page: does the store agree with itself, how much is there, the project's indicators. */
export function HealthPage() {
  const { t, word, lang } = useTexts();
  const [found, setFound] = useState<Health | null>(null);
  const loading = useAction();
  const checking = useAction();
  const { run } = loading;
  useEffect(() => {
    void run(async () => setFound(await api.get<Health>('/api/avis/health')));
  }, [run]);
  const waits = (found?.health.months.due ?? 0) > 0;
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => void run(async () => setFound(await api.get<Health>('/api/avis/health'))), AGAIN_MS);
    return () => clearInterval(timer);
  }, [run, waits]);
  if (!found) return loading.error ? <Problem error={loading.error} /> : <Loading />;
  const check = () => void checking.run(async () => setFound(await api.send<Health>('POST', '/api/avis/health/check')));
  return (
    <>
      <h1>{t('avisHealth')}</h1>
      <Problem error={loading.error ?? checking.error} />
      <Checks found={found.health} busy={checking.busy || waits} onCheck={check} />
      <section className="card stack" aria-label={t('avisIndicators')}>
        <h2>{t('avisIndicators')}</h2>
        <dl className="figures">
          <Figure name={t('rr1')} value={found.indicators.rr1_transactions.toLocaleString(lang)} />
          <Figure name={t('rr2')} value={found.indicators.rr2_merchants.toLocaleString(lang)} />
          <Figure name={t('rr3')} value={euro(found.indicators.rr3_cents, lang)} />
          {Object.entries(found.health.counts).map(([name, n]) => (
            <Figure key={name} name={word('count_', name)} value={n.toLocaleString(lang)} />
          ))}
        </dl>
      </section>
    </>
  );
}

/** What the last checks found, how old they are, and how far those are that somebody asked for. */
function Checks({ found, busy, onCheck }: { found: Health['health']; busy: boolean; onCheck: () => void }) {
  const { t, word, date, lang } = useTexts();
  const { checks, months } = found;
  const well = Object.values(checks).every((wrong) => wrong === 0);
  const all = months.checked === months.total;
  const done = months.due > 0 ? months.total - months.due : months.checked;
  return (
    <>
      <p className={well ? 'notice' : 'problem'} role="status" data-testid="health" data-well={well} data-due={months.due}>
        <Icon name={well ? (all ? 'check' : 'info') : 'warning'} /> {t(well ? (all ? 'healthGood' : 'healthPart') : 'healthBad')}
      </p>
      <section className="card stack" aria-label={t('integrity')}>
        <div className="row apart">
          <h2>{t('integrity')}</h2>
          <button type="button" className="button" data-testid="check-all" disabled={busy} onClick={onCheck}>
            {t('checkAll')}
          </button>
        </div>
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
        {months.wrong.length > 0 ? <p>{t('checkWrongMonths', { months: months.wrong.map((each) => monthName(each, lang)).join(', ') })}</p> : null}
        {months.due > 0 || !all ? (
          <label className="stack tight">
            <span>{t('checkProgress', { done, n: months.total })}</span>
            <progress max={months.total} value={done} />
          </label>
        ) : null}
        {all && months.total > 0 ? <p className="quiet">{t('checksAge', { oldest: date(months.oldest_ms), newest: date(months.newest_ms) })}</p> : null}
        <p className="hint">{t('checkHint')}</p>
      </section>
    </>
  );
}

function monthName(month: string, lang: string): string {
  return new Intl.DateTimeFormat(lang, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`));
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="quiet">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
