import { useEffect, useState } from 'react';

import type { Bilingual } from '../api/types';
import { api } from '../app';
import { LineChart } from '../charts/LineChart';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Empty, Field, Problem, Scroll } from '../ui/parts';
import { euro } from './money';
import { type Measure, pivot } from './pivot';
import type { Cell, Indicators, Outlet } from './types';

const DIMENSIONS = ['year', 'month', 'instruction_id', 'grantor', 'provider', 'outlet', 'atvk', 'category'] as const;
const MEASURES: Measure[] = ['benefit_cents', 'gross_cents', 'transactions'];
/** More lines than this cannot be told apart; the table has them all. */
const MOST_LINES = 4;

interface Found {
  cells: Cell[];
  indicators: Indicators;
  names: Record<string, string | Bilingual>;
}

/** Sums over years by any two dimensions, filtered by a third; over time as lines, always as a table, and as a file. */
export function Report({ outlets }: { outlets: Outlet[] }) {
  const { t, of, word, lang } = useTexts();
  const [rows, setRows] = useState('month');
  const [columns, setColumns] = useState('instruction_id');
  const [measure, setMeasure] = useState<Measure>('benefit_cents');
  const [from, setFrom] = useState(`${new Date().getFullYear() - 1}-01`);
  const [to, setTo] = useState(() => new Date().toISOString().slice(0, 7));
  const [only, setOnly] = useState({ of: '', value: '' });
  const [found, setFound] = useState<Found | null>(null);
  const loading = useAction();
  const { run } = loading;
  const filter = only.of && only.value ? `&${only.of}=${encodeURIComponent(only.value)}` : '';
  const query = `rows=${rows}&columns=${columns}&from_month=${from}&to_month=${to}${filter}`;
  useEffect(() => {
    // of two questions the answer to the newer one is shown
    let newest = true;
    void api.get<Found>(`/api/avis/report?${query}`).then(
      (answer) => newest && setFound(answer),
      (error: unknown) => newest && void run(() => Promise.reject(error as Error)),
    );
    return () => {
      newest = false;
    };
  }, [run, query]);
  const table = pivot(found?.cells ?? [], measure);
  const said = (value: string) => {
    const name = found?.names[value];
    return name ? of(name) : (outlets.find((each) => each.id === value)?.name ?? value);
  };
  const amount = (value: number) => (measure === 'transactions' ? value.toLocaleString(lang) : euro(value, lang));
  const overTime = rows === 'month' || rows === 'year';
  const lines = [...table.columns].sort((one, other) => (table.totals[other] ?? 0) - (table.totals[one] ?? 0)).slice(0, MOST_LINES);
  return (
    <section className="card stack" aria-label={t('report')}>
      <h2>{t('report')}</h2>
      <div className="row bottom">
        <Choice id="report-rows" label={t('reportRows')} value={rows} options={DIMENSIONS.map((each) => [each, word('dim_', each)])} onChange={setRows} />
        <Choice id="report-columns" label={t('reportColumns')} value={columns} options={DIMENSIONS.map((each) => [each, word('dim_', each)])} onChange={setColumns} />
        <Choice id="report-measure" label={t('reportMeasure')} value={measure} options={MEASURES.map((each) => [each, word('measure_', each)])} onChange={(value) => setMeasure(value as Measure)} />
        <Month id="report-from" label={t('reportFrom')} value={from} onChange={setFrom} />
        <Month id="report-to" label={t('reportTo')} value={to} onChange={setTo} />
        <Only only={only} onChange={setOnly} outlets={outlets} />
      </div>
      <div className="row">
        <a className="button" href={`/api/avis/report.csv?${query}`} download>
          {t('reportCsv')}
        </a>
        <a className="button" href={`/api/avis/report.xlsx?${query}`} download data-testid="report-xlsx">
          {t('reportXlsx')}
        </a>
      </div>
      <Problem error={loading.error} />
      {found ? (
        <dl className="figures" data-testid="report-indicators">
          <Figure name={t('rr1')} value={found.indicators.rr1_transactions.toLocaleString(lang)} />
          <Figure name={t('rr2')} value={found.indicators.rr2_merchants.toLocaleString(lang)} />
          <Figure name={t('rr3')} value={euro(found.indicators.rr3_cents, lang)} />
        </dl>
      ) : null}
      {found?.cells.length === 0 ? <Empty icon="info">{t('reportNone')}</Empty> : null}
      {found && found.cells.length > 0 ? (
        <>
          {overTime ? (
            <LineChart
              title={`${word('measure_', measure)}: ${word('dim_', columns)}`}
              labels={table.rows.map((row) => row.name)}
              series={lines.map((column) => ({ name: said(column), values: table.rows.map((row) => row.cells[column] ?? 0) }))}
              format={measure === 'transactions' ? (value) => String(Math.round(value)) : (value) => `${(value / 100).toLocaleString(lang, { maximumFractionDigits: 1 })} €`}
            />
          ) : null}
          {overTime && table.columns.length > MOST_LINES ? <p className="hint">{t('reportLines', { n: MOST_LINES })}</p> : null}
          <Scroll label={t('report')}>
            <table data-testid="report">
              <thead>
                <tr>
                  <th scope="col">{word('dim_', rows)}</th>
                  {table.columns.map((each) => (
                    <th scope="col" key={each} className="number">
                      {said(each)}
                    </th>
                  ))}
                  <th scope="col" className="number">
                    {t('reportTotal')}
                  </th>
                </tr>
              </thead>
              <tbody>
                {table.rows.map((row) => (
                  <tr key={row.name}>
                    <th scope="row">
                      {said(row.name)}
                      <span className="bar" aria-hidden="true" style={{ width: `${Math.round((100 * Math.max(0, row.total)) / Math.max(1, table.most))}%` }} />
                    </th>
                    {table.columns.map((each) => (
                      <td key={each} className="number">
                        {row.cells[each] === undefined ? '—' : amount(row.cells[each])}
                      </td>
                    ))}
                    <td className="number">
                      <strong>{amount(row.total)}</strong>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      ) : null}
    </section>
  );
}

/** One value of one dimension, chosen from what there is. */
function Only({ only, onChange, outlets }: { only: { of: string; value: string }; onChange: (only: { of: string; value: string }) => void; outlets: Outlet[] }) {
  const { t, of, word } = useTexts();
  const [there, setThere] = useState<{ values: string[]; names: Record<string, string | Bilingual> }>({ values: [], names: {} });
  const reading = useAction();
  const choose = (dimension: string) => {
    onChange({ of: dimension, value: '' });
    if (dimension) void reading.run(async () => setThere(await api.get(`/api/avis/report/values?of=${dimension}`)));
  };
  const said = (value: string) => {
    const name = there.names[value];
    return name ? of(name) : (outlets.find((each) => each.id === value)?.name ?? value);
  };
  return (
    <>
      <Choice id="report-only" label={t('reportOnly')} value={only.of} options={[['', t('reportAll')], ...DIMENSIONS.map((each): [string, string] => [each, word('dim_', each)])]} onChange={choose} />
      {only.of ? (
        <Choice id="report-value" label={word('dim_', only.of)} value={only.value} options={[['', t('reportAll')], ...there.values.map((each): [string, string] => [each, said(each)])]} onChange={(value) => onChange({ ...only, value })} />
      ) : null}
    </>
  );
}

function Choice({ id, label, value, options, onChange }: { id: string; label: string; value: string; options: [string, string][]; onChange: (value: string) => void }) {
  return (
    <Field id={id} label={label}>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

function Month({ id, label, value, onChange }: { id: string; label: string; value: string; onChange: (month: string) => void }) {
  return (
    <Field id={id} label={label}>
      <input id={id} type="month" value={value} onChange={(event) => event.target.value && onChange(event.target.value)} />
    </Field>
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
