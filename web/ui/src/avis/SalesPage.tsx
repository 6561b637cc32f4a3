import { useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Empty, Loading, Problem, Scroll } from '../ui/parts';
import { euro } from './money';
import type { Overview, Sale } from './types';

/** The provider's transactions, newest first; nobody is named. */
export function SalesPage({ found }: { found: Overview }) {
  const { t, date, lang } = useTexts();
  const [sales, setSales] = useState<Sale[] | null>(null);
  const loading = useAction();
  const { run } = loading;
  useEffect(() => {
    void run(async () => setSales((await api.get<{ transactions: Sale[] }>('/api/avis/sales')).transactions));
  }, [run]);
  const place = (id: string) => found.outlets.find((each) => each.id === id)?.name ?? id;
  return (
    <>
      <h1>{t('avisSales')}</h1>
      <Problem error={loading.error} />
      {sales === null && !loading.error ? <Loading /> : null}
      {sales?.length === 0 ? <Empty icon="info">{t('salesNone')}</Empty> : null}
      {sales?.length ? (
        <Scroll label={t('avisSales')} card>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('salesTime')}</th>
                <th scope="col">{t('salesOutlet')}</th>
                {(['salesGross', 'salesBenefit', 'salesPaid', 'salesReversed'] as const).map((key) => (
                  <th scope="col" key={key} className="number">
                    {t(key)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sales.map((each) => (
                <tr key={each.id}>
                  <td>{date(each.at_ms)}</td>
                  <td>{place(each.outlet)}</td>
                  <td className="number">{euro(each.gross_cents, lang)}</td>
                  <td className="number">{euro(each.gross_cents - each.paid_cents, lang)}</td>
                  <td className="number">{euro(each.paid_cents, lang)}</td>
                  <td className="number">{each.reversed_cents ? euro(each.reversed_cents, lang) : '—'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : null}
    </>
  );
}
