import { useTexts } from '../i18n';
import { abandonedOf, type By, type Report, type ReportRow } from './types';
import { Scroll } from '../ui/parts';

/** Every number of a report, with its definition one press away. */
export function ReportTable({ report, by, nameOf }: { report: Report; by: By; nameOf: (key: string) => string }) {
  const { t } = useTexts();
  const x = report.x_s;
  return (
    <section className="card stack" aria-label={t('reportTable')}>
      <h2>{t('reportTable')}</h2>
      <Scroll label={t('reportTable')} tall>
        <table data-testid="report-table">
          <thead>
            <tr>
              <th scope="col">{t('reportPeriod')}</th>
              {by ? <th scope="col">{t(`by_${by}`)}</th> : null}
              {[t('r_offered'), t('r_answered'), t('r_abandoned'), t('r_connected'), t('t_asa'), t('t_sl', { x }), t('t_sl2', { x }), t('r_abandon_rate'), t('r_handling')].map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.rows.map((row) => (
              <Line key={`${row.period} ${row.key}`} row={row} by={by} name={nameOf(row.key)} />
            ))}
          </tbody>
          <tfoot>
            <Line row={report.total} by={by} name="" />
          </tfoot>
        </table>
      </Scroll>
      <details>
        <summary>{t('whatIs')}</summary>
        <dl className="facts small">
          <dt>{t('t_asa')}</dt>
          <dd>{t('d_asa')}</dd>
          <dt>{t('t_sl', { x })}</dt>
          <dd>{t('d_sl', { x })}</dd>
          <dt>{t('t_sl2', { x })}</dt>
          <dd>{t('d_sl2', { x })}</dd>
        </dl>
      </details>
    </section>
  );
}

function Line({ row, by, name }: { row: ReportRow; by: By; name: string }) {
  const { t, duration, lang } = useTexts();
  const share = (value: number | null) =>
    value === null ? t('none') : new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 1 }).format(value);
  const time = (value: number | null) => (value === null ? t('none') : duration(value));
  const { clerk_cancelled, citizen_left, workstation_lost } = row.abandoned;
  return (
    <tr>
      <th scope="row">{row.period ? row.period.replace('T', ' ') : t('reportTotal')}</th>
      {by ? <td>{name}</td> : null}
      <td className="number">{row.offered}</td>
      <td className="number">{row.answered}</td>
      <td className="number">
        {abandonedOf(row)}
        {abandonedOf(row) > 0 ? (
          <span className="small quiet causes"> {t('r_causes', { cancelled: clerk_cancelled, left: citizen_left, lost: workstation_lost })}</span>
        ) : null}
      </td>
      <td className="number">{row.connected}</td>
      <td className="number">{time(row.asa_s)}</td>
      <td className="number">{share(row.sl)}</td>
      <td className="number">{share(row.sl2)}</td>
      <td className="number">{share(row.abandon_rate)}</td>
      <td className="number">{time(row.handling_s)}</td>
    </tr>
  );
}
