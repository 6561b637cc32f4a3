import { useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Empty, Field, Problem, Scroll } from '../ui/parts';
import { euro } from './money';
import { pivot } from './pivot';
import type { Cell, Instruction, Owed } from './types';

const DIMENSIONS = ['month', 'instruction_id', 'grantor', 'provider', 'outlet', 'atvk', 'category'] as const;

/** What was used: the settlement of a month, and sums by any two dimensions. */
export function SumsPage({ settles, names, instructions }: { settles: boolean; names: Record<string, string>; instructions: Instruction[] }) {
  const { t } = useTexts();
  return (
    <>
      <h1>{t('avisSums')}</h1>
      {settles ? <Settlement names={names} /> : null}
      <Report names={names} instructions={instructions} />
    </>
  );
}

function Settlement({ names }: { names: Record<string, string> }) {
  const { t, of, lang } = useTexts();
  const [month, setMonth] = useState(() => new Date().toISOString().slice(0, 7));
  const [owed, setOwed] = useState<Owed[]>([]);
  const loading = useAction();
  const { run } = loading;
  useEffect(() => {
    void run(async () => setOwed((await api.get<{ owed: Owed[] }>(`/api/avis/settlement?month=${month}`)).owed));
  }, [run, month]);
  return (
    <section className="card stack" aria-label={t('settlement')}>
      <div className="row apart bottom">
        <h2>{t('settlement')}</h2>
        <Field id="settlement-month" label={t('settlementMonth')}>
          <input id="settlement-month" type="month" value={month} onChange={(event) => event.target.value && setMonth(event.target.value)} />
        </Field>
      </div>
      <Problem error={loading.error} />
      {owed.length === 0 ? (
        <Empty icon="info">{t('settlementNone')}</Empty>
      ) : (
        <Scroll label={t('settlement')}>
          <table data-testid="settlement">
            <thead>
              <tr>
                <th scope="col">{t('settlementGrantor')}</th>
                <th scope="col">{t('settlementProvider')}</th>
                <th scope="col">{t('settlementInstruction')}</th>
                <th scope="col" className="number">
                  {t('settlementCount')}
                </th>
                <th scope="col" className="number">
                  {t('settlementOwed')}
                </th>
              </tr>
            </thead>
            <tbody>
              {owed.map((each) => (
                <tr key={`${each.provider}${each.instruction}`}>
                  <td>{names[each.grantor] ?? each.grantor}</td>
                  <td>{names[each.provider] ?? each.provider}</td>
                  <td>{each.name.lv && each.name.en ? of({ lv: each.name.lv, en: each.name.en }) : each.instruction}</td>
                  <td className="number">{each.transactions}</td>
                  <td className="number">
                    {euro(each.cents, lang)} {each.self_funded ? <span className="quiet">({t('selfFunded')})</span> : null}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function Report({ names, instructions }: { names: Record<string, string>; instructions: Instruction[] }) {
  const { t, of, word, lang } = useTexts();
  const [rows, setRows] = useState<string>('month');
  const [columns, setColumns] = useState<string>('instruction_id');
  const [from, setFrom] = useState(`${new Date().getFullYear() - 1}-01`);
  const [to, setTo] = useState(() => new Date().toISOString().slice(0, 7));
  const [cells, setCells] = useState<Cell[]>([]);
  const loading = useAction();
  const { run } = loading;
  const query = `rows=${rows}&columns=${columns}&from_month=${from}&to_month=${to}`;
  useEffect(() => {
    void run(async () => setCells((await api.get<{ cells: Cell[] }>(`/api/avis/report?${query}`)).cells));
  }, [run, query]);
  const table = pivot(cells);
  const said = (value: string) => {
    const instruction = instructions.find((each) => each.id === value);
    return instruction ? of(instruction.body.name) : (names[value] ?? value);
  };
  const select = (id: string, label: string, value: string, set: (value: string) => void) => (
    <Field id={id} label={label}>
      <select id={id} value={value} onChange={(event) => set(event.target.value)}>
        {DIMENSIONS.map((each) => (
          <option key={each} value={each}>
            {word('dim_', each)}
          </option>
        ))}
      </select>
    </Field>
  );
  const month = (id: string, label: string, value: string, set: (value: string) => void) => (
    <Field id={id} label={label}>
      <input id={id} type="month" value={value} onChange={(event) => event.target.value && set(event.target.value)} />
    </Field>
  );
  return (
    <section className="card stack" aria-label={t('report')}>
      <h2>{t('report')}</h2>
      <div className="row bottom">
        {select('report-rows', t('reportRows'), rows, setRows)}
        {select('report-columns', t('reportColumns'), columns, setColumns)}
        {month('report-from', t('avisReportFrom'), from, setFrom)}
        {month('report-to', t('avisReportTo'), to, setTo)}
        <a className="button" href={`/api/avis/report.csv?${query}`} download>
          {t('reportCsv')}
        </a>
      </div>
      <Problem error={loading.error} />
      {cells.length === 0 ? (
        <Empty icon="info">{t('avisReportNone')}</Empty>
      ) : (
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
                  {t('avisReportTotal')}
                </th>
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row) => (
                <tr key={row.name}>
                  <th scope="row">
                    {said(row.name)}
                    <span className="bar" aria-hidden="true" style={{ width: `${Math.round((100 * row.total) / Math.max(1, table.most))}%` }} />
                  </th>
                  {table.columns.map((each) => (
                    <td key={each} className="number">
                      {row.cells[each] === undefined ? '—' : euro(row.cells[each], lang)}
                    </td>
                  ))}
                  <td className="number">
                    <strong>{euro(row.total, lang)}</strong>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}
