import { useCallback, useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { dayOf } from '../reports/types';
import { serverNow, useAction } from '../ui/hooks';
import { Empty, Field, Loading, Problem, Scroll } from '../ui/parts';
import { GrantForm } from './GrantForm';
import { GrantResult } from './GrantResult';
import { type Difference, euro, type Grants as Result, type GrantSet, type GrantsPage, quarterOf, type Run } from './types';

/** Parameter sets, what they would give for a period, what was calculated and kept, and two of those side by side. */
export function Grants() {
  const { t, date } = useTexts();
  const [page, setPage] = useState<GrantsPage | null>(null);
  const [set, setSet] = useState('');
  const [from, setFrom] = useState(() => startOf(quarterOf(dayOf(serverNow()))));
  const [to, setTo] = useState(() => dayOf(serverNow()));
  const [shown, setShown] = useState<{ result: Result; parameters: GrantSet; run: Run | null } | null>(null);
  const loading = useAction();
  const { run } = loading;
  const doing = useAction();
  const load = useCallback(() => void run(async () => setPage(await api.read<GrantsPage>('/api/network/grants'))), [run]);
  useEffect(load, [load]);
  const chosen = page?.sets.find((each) => each.id === set)?.parameters;

  const preview = () =>
    void doing.run(async () => {
      if (!chosen) return;
      const { result } = await api.write<{ result: Result }>('POST', '/api/network/grants/preview', { parameters: chosen, from, to });
      setShown({ result, parameters: chosen, run: null });
    });
  const keep = () =>
    void doing.run(async () => {
      const made = await api.write<Run>('POST', '/api/network/grants/runs', { set_id: set, from, to });
      setShown({ result: made.result, parameters: made.parameters, run: made });
      load();
    });
  const open = (id: string) =>
    void doing.run(async () => {
      const made = await api.read<Run>(`/api/network/grants/runs/${id}`);
      setShown({ result: made.result, parameters: made.parameters, run: made });
    });

  if (!page) return <div className="page">{loading.error ? <Problem error={loading.error} /> : <Loading />}</div>;
  return (
    <div className="page stack">
      <h1>{t('grants')}</h1>
      <p className="hint">{t('grantsText')}</p>
      <GrantForm
        kinds={page.kinds}
        from={chosen ?? null}
        onSaved={(id) => {
          setSet(id);
          load();
        }}
      />
      <section className="card stack" aria-label={t('grantRun')}>
        <h2>{t('grantRun')}</h2>
        <div className="form-grid">
          <Field id="grant-set" label={t('grantSet')}>
            <select id="grant-set" value={set} onChange={(event) => setSet(event.target.value)}>
              <option value="">{t('choose')}</option>
              {page.sets.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.parameters.name} ({date(each.created_at_ms)})
                </option>
              ))}
            </select>
          </Field>
          <Field id="grant-from" label={t('reportFrom')}>
            <input id="grant-from" type="date" value={from} max={to} onChange={(event) => event.target.value && setFrom(event.target.value)} />
          </Field>
          <Field id="grant-to" label={t('reportTo')}>
            <input id="grant-to" type="date" value={to} min={from} onChange={(event) => event.target.value && setTo(event.target.value)} />
          </Field>
        </div>
        <div className="row">
          <button type="button" className="button" data-testid="grant-preview" disabled={!chosen || doing.busy} onClick={preview}>
            {t('grantPreview')}
          </button>
          <button type="button" className="button primary" data-testid="grant-keep" disabled={!chosen || doing.busy} onClick={keep}>
            {t('grantKeep')}
          </button>
        </div>
        <Problem error={doing.error} />
      </section>
      {shown ? <GrantResult {...shown} /> : null}
      <section className="card stack" aria-label={t('grantRuns')}>
        <h2>{t('grantRuns')}</h2>
        {page.runs.length === 0 ? <Empty icon="search">{t('grantRunsNone')}</Empty> : null}
        <ul className="stack tight">
          {page.runs.map((each) => (
            <li key={each.id} className="row">
              <button type="button" className="button quiet" onClick={() => open(each.id)}>
                {nameOf(page, each.set_id)}: {each.from_day} – {each.to_day}
              </button>
              <span className="small quiet">{date(each.at_ms)}</span>
            </li>
          ))}
        </ul>
        {page.runs.length > 1 ? <Compare page={page} /> : null}
      </section>
    </div>
  );
}

function Compare({ page }: { page: GrantsPage }) {
  const { t, lang } = useTexts();
  const [first, setFirst] = useState(page.runs[1]?.id ?? '');
  const [second, setSecond] = useState(page.runs[0]?.id ?? '');
  const [rows, setRows] = useState<Difference[] | null>(null);
  const doing = useAction();
  const compare = () =>
    void doing.run(async () => {
      const query = new URLSearchParams({ first, second });
      setRows((await api.read<{ rows: Difference[] }>(`/api/network/grants/comparison?${query}`)).rows);
    });
  const choices = page.runs.map((each) => (
    <option key={each.id} value={each.id}>
      {nameOf(page, each.set_id)}: {each.from_day} – {each.to_day}
    </option>
  ));
  return (
    <div className="stack">
      <h3>{t('grantCompare')}</h3>
      <div className="form-grid">
        <Field id="compare-first" label={t('grantFirst')}>
          <select id="compare-first" value={first} onChange={(event) => setFirst(event.target.value)}>
            {choices}
          </select>
        </Field>
        <Field id="compare-second" label={t('grantSecond')}>
          <select id="compare-second" value={second} onChange={(event) => setSecond(event.target.value)}>
            {choices}
          </select>
        </Field>
        <button type="button" className="button" data-testid="grant-compare" disabled={doing.busy} onClick={compare}>
          {t('grantCompare')}
        </button>
      </div>
      <Problem error={doing.error} />
      {rows ? (
        <Scroll label={t('grantCompare')}>
          <table data-testid="grant-comparison">
            <thead>
              <tr>
                <th scope="col">{t('by_point')}</th>
                <th scope="col" className="number">
                  {t('grantFirst')}
                </th>
                <th scope="col" className="number">
                  {t('grantSecond')}
                </th>
                <th scope="col" className="number">
                  {t('grantDifference')}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.point_id}>
                  <th scope="row">{row.name}</th>
                  <td className="number">{euro(row.first, lang)}</td>
                  <td className="number">{euro(row.second, lang)}</td>
                  <td className="number">
                    {row.difference > 0 ? '+' : ''}
                    {euro(row.difference, lang)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : null}
    </div>
  );
}

const nameOf = (page: GrantsPage, id: string): string => page.sets.find((each) => each.id === id)?.parameters.name ?? id;

const startOf = (quarter: string): string => `${quarter.slice(0, 4)}-${String(Number(quarter.slice(6)) * 3 - 2).padStart(2, '0')}-01`;
