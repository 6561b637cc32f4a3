import { type FormEvent, useCallback, useEffect, useState } from 'react';

import { api } from '../app';
import { LineChart } from '../charts/LineChart';
import { useTexts } from '../i18n';
import { dayOf } from '../reports/types';
import { serverNow, useAction } from '../ui/hooks';
import { Field, Loading, Problem, Scroll } from '../ui/parts';
import { type Indicator, quarterOf } from './types';

const QUARTERS = 8;

/** RR1–RR4 and IR1–IR4 by quarter, with their targets; those that only AVIS knows are entered here. */
export function Indicators() {
  const { t, word, lang } = useTexts();
  const [page, setPage] = useState<{ quarters: string[]; indicators: Indicator[] } | null>(null);
  const loading = useAction();
  const { run } = loading;
  const load = useCallback(
    () =>
      void run(async () => {
        const today = dayOf(serverNow());
        const query = new URLSearchParams({ from: quarterOf(today, QUARTERS - 1), to: quarterOf(today) });
        setPage(await api.read(`/api/network/indicators?${query}`));
      }),
    [run],
  );
  useEffect(load, [load]);
  const number = new Intl.NumberFormat(lang);
  if (!page) return <div className="page">{loading.error ? <Problem error={loading.error} /> : <Loading />}</div>;
  const met = page.indicators.find((each) => each.code === 'RR4');
  const served = page.indicators.find((each) => each.code === 'IR3');
  return (
    <div className="page stack">
      <h1>{t('indicators')}</h1>
      <section className="card stack">
        <LineChart
          title={t('indicatorsChart')}
          labels={page.quarters}
          series={[met, served].flatMap((each) => (each ? [{ name: word('indicator_', each.code), values: each.values }] : []))}
          format={(value) => number.format(value)}
        />
      </section>
      <section className="card stack" aria-label={t('indicators')}>
        <Scroll label={t('indicators')}>
          <table data-testid="indicators">
            <thead>
              <tr>
                <th scope="col">{t('indicator')}</th>
                <th scope="col" className="number">
                  {t('indicatorTargets')}
                </th>
                {page.quarters.map((quarter) => (
                  <th key={quarter} scope="col" className="number">
                    {quarter}
                  </th>
                ))}
                <th scope="col" className="number">
                  {t('reportTotal')}
                </th>
              </tr>
            </thead>
            <tbody>
              {page.indicators.map((each) => (
                <tr key={each.code}>
                  <th scope="row">
                    {each.code} {word('indicator_', each.code)}
                    {each.source === 'told' ? <span className="small quiet"> {t('indicatorTold')}</span> : null}
                  </th>
                  <td className="number">{each.first === null || each.final === null ? t('none') : `${number.format(each.first)} → ${number.format(each.final)}`}</td>
                  {each.values.map((value, n) => (
                    <td key={page.quarters[n]} className="number">
                      {number.format(value)}
                    </td>
                  ))}
                  <td className="number">{each.sums ? number.format(each.values.reduce((a, b) => a + b, 0)) : t('none')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
        <p className="small quiet">{t('indicatorsText')}</p>
      </section>
      <Tell quarters={page.quarters} onTold={load} />
    </div>
  );
}

function Tell({ quarters, onTold }: { quarters: string[]; onTold: () => void }) {
  const { t, word } = useTexts();
  const [code, setCode] = useState('RR1');
  const [quarter, setQuarter] = useState(quarters[quarters.length - 1] ?? '');
  const [value, setValue] = useState('');
  const saving = useAction();
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving.run(async () => {
      await api.write('POST', '/api/network/indicators', { code, quarter, value: Number(value) });
      setValue('');
      onTold();
    });
  };
  return (
    <form className="card stack" aria-label={t('indicatorTell')} onSubmit={save}>
      <h2>{t('indicatorTell')}</h2>
      <div className="form-grid">
        <Field id="tell-code" label={t('indicator')}>
          <select id="tell-code" value={code} onChange={(event) => setCode(event.target.value)}>
            {['RR1', 'RR2', 'RR3'].map((each) => (
              <option key={each} value={each}>
                {each} {word('indicator_', each)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="tell-quarter" label={t('indicatorQuarter')}>
          <select id="tell-quarter" value={quarter} onChange={(event) => setQuarter(event.target.value)}>
            {quarters.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </Field>
        <Field id="tell-value" label={t('indicatorValue')}>
          <input id="tell-value" type="number" min={0} step={1} required value={value} onChange={(event) => setValue(event.target.value)} />
        </Field>
        <button type="submit" className="button primary" data-testid="tell-save" disabled={saving.busy || value === ''}>
          {t('save')}
        </button>
      </div>
      <Problem error={saving.error} />
    </form>
  );
}
