import { useEffect, useState } from 'react';

import { api } from '../app';
import { LineChart } from '../charts/LineChart';
import { useTexts } from '../i18n';
import { abandonedOf, dayOf, daysBefore, type Report } from '../reports/types';
import { Scroll } from '../ui/parts';

/** How often numbers that only reports have are read anew; tiles follow by themselves within two seconds. */
const EVERY_MS = 15_000;

function useReport(query: string, at: number): Report | null {
  const [report, setReport] = useState<Report | null>(null);
  const turn = Math.floor(at / EVERY_MS);
  useEffect(() => {
    let gone = false;
    // a report that cannot be had now is had the next time; the tiles say how fresh the board is
    void api
      .read<Report>(`/api/reports?${query}`)
      .then((found) => gone || setReport(found))
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [query, turn]);
  return report;
}

/** Today by the hour, with the same weekday a week ago beside it. */
export function Trend({ at }: { at: number }) {
  const { t } = useTexts();
  const today = dayOf(at);
  const before = daysBefore(today, 7);
  const now = useReport(new URLSearchParams({ from: today, to: today, period: 'hour' }).toString(), at);
  const then = useReport(new URLSearchParams({ from: before, to: before, period: 'hour' }).toString(), at);
  if (!now || now.rows.length + (then?.rows.length ?? 0) === 0) return null;
  const hourOf = (period: string) => Number(period.slice(11));
  const hours = [...now.rows, ...(then?.rows ?? [])].map((row) => hourOf(row.period));
  const first = Math.min(...hours);
  const span = Array.from({ length: Math.max(...hours) - first + 1 }, (_, n) => first + n);
  const values = (report: Report | null, value: (row: Report['rows'][number]) => number) => {
    const by = new Map(report?.rows.map((row) => [hourOf(row.period), value(row)]));
    return span.map((hour) => by.get(hour) ?? 0);
  };
  return (
    <section className="card stack">
      <LineChart
        title={t('trendTitle')}
        labels={span.map((hour) => `${String(hour).padStart(2, '0')}:00`)}
        series={[
          { name: t('r_offered'), values: values(now, (row) => row.offered) },
          { name: t('r_answered'), values: values(now, (row) => row.answered) },
          { name: t('r_abandoned'), values: values(now, abandonedOf) },
          ...(then?.rows.length ? [{ name: t('trendBefore'), values: values(then, (row) => row.offered) }] : []),
        ]}
        format={(value) => String(value)}
      />
    </section>
  );
}

/** Today by contact point: places, never people. */
export function ByPoint({ at }: { at: number }) {
  const { t, of, duration } = useTexts();
  const today = dayOf(at);
  const report = useReport(new URLSearchParams({ from: today, to: today, period: 'day', by: 'point' }).toString(), at);
  if (!report || report.rows.length === 0) return null;
  return (
    <section className="card stack" aria-label={t('by_point')}>
      <h2>{t('by_point')}</h2>
      <Scroll label={t('by_point')}>
        <table data-testid="board-points">
          <thead>
            <tr>
              <th scope="col">{t('by_point')}</th>
              {[t('r_offered'), t('t_answered'), t('t_abandoned'), t('t_asa')].map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.rows.map((row) => (
              <tr key={row.key}>
                <th scope="row">{of(report.names[row.key] ?? row.key)}</th>
                <td className="number">{row.offered}</td>
                <td className="number">{row.answered}</td>
                <td className="number">{abandonedOf(row)}</td>
                <td className="number">{row.asa_s === null ? t('none') : duration(row.asa_s)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
