import { useCallback, useEffect, useState } from 'react';

import { api, live, me } from '../app';
import { LineChart } from '../charts/LineChart';
import { useTexts } from '../i18n';
import { serverNow, useAction } from '../ui/hooks';
import { Empty, Field, Loading, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { LoadMap } from './LoadMap';
import { ReportTable } from './ReportTable';
import { RequestsBehind } from './RequestsBehind';
import { Schedules } from './Schedules';
import { abandonedOf, type By, dayOf, daysBefore, type Period, type Report, seriesBy } from './types';

const PERIODS: Period[] = ['hour', 'day', 'week', 'month'];
/** A chart of more lines than this is a tangle; the table has them all. */
const LINES = 4;

/** What happened: by period, group, point and service; files to take along; load by hour and a hint for staffing. */
export function Reports() {
  const { t, word, of } = useTexts();
  const { groups } = useStore(live.state);
  const who = useStore(me);
  const everywhere = who?.principal.role === 'network_manager';
  const today = dayOf(serverNow());
  const [from, setFrom] = useState(daysBefore(today, 6));
  const [to, setTo] = useState(today);
  const [period, setPeriod] = useState<Period>('day');
  const [by, setBy] = useState<By>('');
  const [group, setGroup] = useState('');
  const [pak, setPak] = useState('');
  const [report, setReport] = useState<Report | null>(null);
  const loading = useAction();
  const { run } = loading;

  const query = useCallback(() => {
    const found = new URLSearchParams({ from, to, period });
    if (by) found.set('by', by);
    if (group) found.set('group', group);
    if (pak) found.set('pak', pak);
    return found;
  }, [from, to, period, by, group, pak]);

  useEffect(() => {
    const timer = setTimeout(() => void run(async () => setReport(await api.read<Report>(`/api/reports?${query()}`))), 250);
    return () => clearTimeout(timer);
  }, [query, run]);

  const nameOf = (key: string) => {
    const name = report?.names[key] ?? groups.find((each) => each.id === key)?.name;
    return name ? of(name) : word('', key);
  };
  const counted = report ? seriesBy(report.rows, (row) => row.offered) : null;
  const lines = report && counted ? linesOf(report, counted, by, nameOf, t('r_offered'), t('r_answered'), t('r_abandoned')) : [];
  return (
    <div className="page stack">
      <div className="row apart">
        <h1>{t('reports')}</h1>
        <div className="row">
          {(['csv', 'xlsx', 'pdf'] as const).map((kind) => (
            <a key={kind} className="button" href={`/api/reports.${kind}?${query()}`} download data-testid={`report-${kind}`}>
              {t('download', { kind: kind.toUpperCase() })}
            </a>
          ))}
        </div>
      </div>
      <div className="card form-grid">
        <Field id="report-from" label={t('reportFrom')}>
          <input id="report-from" type="date" value={from} max={to} onChange={(event) => event.target.value && setFrom(event.target.value)} />
        </Field>
        <Field id="report-to" label={t('reportTo')}>
          <input id="report-to" type="date" value={to} min={from} onChange={(event) => event.target.value && setTo(event.target.value)} />
        </Field>
        <Field id="report-period" label={t('reportStep')}>
          <select id="report-period" value={period} onChange={(event) => setPeriod(event.target.value as Period)}>
            {PERIODS.map((each) => (
              <option key={each} value={each}>
                {t(`period_${each}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="report-by" label={t('reportBy')}>
          <select id="report-by" value={by} onChange={(event) => setBy(event.target.value as By)}>
            {(['', ...(everywhere ? ['agency'] : []), 'group', 'point', 'pak'] as By[]).map((each) => (
              <option key={each} value={each}>
                {each ? t(`by_${each}`) : t('by_nothing')}
              </option>
            ))}
          </select>
        </Field>
        {groups.length > 0 ? (
          <Field id="report-group" label={t('filterGroup')}>
            <select id="report-group" value={group} onChange={(event) => setGroup(event.target.value)}>
              <option value="">{t('all')}</option>
              {groups.map((each) => (
                <option key={each.id} value={each.id}>
                  {nameOf(each.id)}
                </option>
              ))}
            </select>
          </Field>
        ) : null}
        <Field id="report-pak" label={t('c_pak')}>
          <select id="report-pak" value={pak} onChange={(event) => setPak(event.target.value)}>
            <option value="">{t('allServices')}</option>
            {['PAK_01', 'PAK_02', 'PAK_03', 'PAK_04', 'PAK_05', 'PAK_06'].map((each) => (
              <option key={each} value={each}>
                {word('', each)}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Problem error={loading.error} />
      {!report && !loading.error ? <Loading /> : null}
      {report?.rows.length === 0 ? <Empty icon="search">{t('reportNone')}</Empty> : null}
      {report && counted && report.rows.length > 0 ? (
        <>
          <section className="card stack">
            <LineChart title={t('chartRequests')} labels={counted.periods.map(shortOf)} series={lines} format={(value) => String(value)} />
          </section>
          <ReportTable report={report} by={by} nameOf={nameOf} />
          <LoadMap from={from} to={to} group={group} />
          {everywhere ? null : <RequestsBehind from={from} to={to} group={group} pak={pak} />}
        </>
      ) : null}
      {everywhere ? null : <Schedules />}
    </div>
  );
}

function linesOf(
  report: Report,
  counted: ReturnType<typeof seriesBy>,
  by: By,
  nameOf: (key: string) => string,
  offered: string,
  answered: string,
  abandoned: string,
) {
  if (by) {
    const most = [...counted.keys].sort((a, b) => sum(counted.of(b)) - sum(counted.of(a))).slice(0, LINES);
    return most.map((key) => ({ name: nameOf(key), values: counted.of(key).map((value) => value ?? 0) }));
  }
  return [
    { name: offered, values: counted.of('') },
    { name: answered, values: seriesBy(report.rows, (row) => row.answered).of('') },
    { name: abandoned, values: seriesBy(report.rows, abandonedOf).of('') },
  ];
}

const sum = (values: (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);

/** `24.11.` or `24.11. 13:00`; a week and a month stay as they are. */
function shortOf(period: string): string {
  const found = period.match(/^\d{4}-(\d\d)-(\d\d)(?:T(\d\d))?$/);
  if (!found) return period;
  return `${found[2]}.${found[1]}.${found[3] ? ` ${found[3]}:00` : ''}`;
}
