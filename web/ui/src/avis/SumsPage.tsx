import { useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Empty, Field, Problem, Scroll } from '../ui/parts';
import { euro } from './money';
import { Report } from './Report';
import type { Owed, Outlet } from './types';

/** What was used: the settlement of a month, and sums by any two dimensions. */
export function SumsPage({ settles, names, outlets }: { settles: boolean; names: Record<string, string>; outlets: Outlet[] }) {
  const { t } = useTexts();
  return (
    <>
      <h1>{t('avisSums')}</h1>
      {settles ? <Settlement names={names} /> : null}
      <Report outlets={outlets} />
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
