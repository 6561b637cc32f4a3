import { useEffect, useState } from 'react';

import type { CheckRow } from '../api/checks';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Empty, Problem, Scroll } from '../ui/parts';

/** The last check of every workstation, the weak ones first, each with what to do about it. */
export function Checks() {
  const { t, word, date, number } = useTexts();
  const [found, setFound] = useState<CheckRow[] | null>(null);
  const { run, error } = useAction();
  useEffect(() => {
    void run(async () => setFound((await api.checks()).checks));
  }, [run]);
  return (
    <section className="stack" aria-labelledby="checks-title">
      <h2 id="checks-title">{t('checksTitle')}</h2>
      <Problem error={error} />
      {found?.length === 0 ? <Empty icon="kiosk">{t('checksNone')}</Empty> : null}
      {found && found.length > 0 ? (
        <Scroll label={t('checksTitle')} card>
          <table data-testid="checks">
            <thead>
              <tr>
                <th scope="col">{t('standsAt')}</th>
                <th scope="col">{t('checksState')}</th>
                <th scope="col" className="number">
                  {t('checksUp')}
                </th>
                <th scope="col" className="number">
                  {t('checksDown')}
                </th>
                <th scope="col" className="number">
                  {t('checksLoss')}
                </th>
                <th scope="col">{t('checksWay')}</th>
                <th scope="col" className="number">
                  {t('checksWeak')}
                </th>
                <th scope="col">{t('checksAt')}</th>
              </tr>
            </thead>
            <tbody>
              {found.map(({ workstation_id, name, point_name, check, weak, ...row }) => (
                <tr key={workstation_id} data-testid={`check-${workstation_id}`} data-weak={weak.join(' ')}>
                  <th scope="row">
                    {point_name}
                    <br />
                    <span className="small quiet">{name}</span>
                  </th>
                  <td>
                    {weak.length === 0 ? (
                      <>
                        <Icon name="check" size={16} /> {t('checksGood')}
                      </>
                    ) : (
                      weak.map((code) => (
                        <div key={code}>
                          <Icon name="warning" size={16} /> {word('weakShort_', code)}
                        </div>
                      ))
                    )}
                  </td>
                  <td className="number">{number(check.line.up_kbps / 1000)}</td>
                  <td className="number">{number(check.line.down_kbps / 1000)}</td>
                  <td className="number">{Math.round(check.line.loss * 100)} %</td>
                  <td>{check.line.transport === 'none' ? '—' : check.line.transport.toUpperCase()}</td>
                  <td className="number">
                    {row.weak_checks} / {row.checks}
                  </td>
                  <td>{date(row.at_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : null}
    </section>
  );
}
