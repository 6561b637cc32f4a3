import { type FormEvent, useCallback, useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';
import type { By } from './types';

interface Page {
  schedules: { id: string; name: string; every: 'day' | 'week' | 'month'; by: Exclude<By, 'agency'>; form: string; next_ms: number }[];
  outputs: { id: string; name: string; at_ms: number }[];
}

/** Reports that make themselves, and what they made. */
export function Schedules() {
  const { t, date } = useTexts();
  const [page, setPage] = useState<Page | null>(null);
  const [name, setName] = useState('');
  const [every, setEvery] = useState('day');
  const [by, setBy] = useState<string>('group');
  const [form, setForm] = useState('pdf');
  const doing = useAction();
  const { run } = doing;
  const load = useCallback(async () => setPage(await api.read<Page>('/api/reports/schedules')), []);
  useEffect(() => void run(load), [run, load]);
  const add = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await api.write('POST', '/api/reports/schedules', { name, every, by, form });
      setName('');
      await load();
    });
  };
  const remove = (id: string) =>
    void run(async () => {
      await api.write('DELETE', `/api/reports/schedules/${id}`);
      await load();
    });
  return (
    <section className="card stack" aria-label={t('schedules')}>
      <h2>{t('schedules')}</h2>
      <form className="form-grid" aria-label={t('schedules')} onSubmit={add}>
        <Field id="schedule-name" label={t('pointName')}>
          <input id="schedule-name" required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field id="schedule-every" label={t('scheduleEvery')}>
          <select id="schedule-every" value={every} onChange={(event) => setEvery(event.target.value)}>
            {(['day', 'week', 'month'] as const).map((each) => (
              <option key={each} value={each}>
                {t(`period_${each}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="schedule-by" label={t('reportBy')}>
          <select id="schedule-by" value={by} onChange={(event) => setBy(event.target.value)}>
            {(['', 'group', 'point', 'pak'] as const).map((each) => (
              <option key={each} value={each}>
                {each ? t(`by_${each}`) : t('by_nothing')}
              </option>
            ))}
          </select>
        </Field>
        <Field id="schedule-form" label={t('scheduleForm')}>
          <select id="schedule-form" value={form} onChange={(event) => setForm(event.target.value)}>
            {['pdf', 'xlsx', 'csv'].map((each) => (
              <option key={each} value={each}>
                {each.toUpperCase()}
              </option>
            ))}
          </select>
        </Field>
        <button type="submit" className="button" data-testid="schedule-add" disabled={doing.busy}>
          {t('scheduleAdd')}
        </button>
      </form>
      <Problem error={doing.error} />
      <ul className="stack tight">
        {page?.schedules.map((each) => (
          <li key={each.id} className="row" data-testid={`schedule-${each.id}`}>
            {t('scheduleLine', { name: each.name, every: t(`period_${each.every}`), time: date(each.next_ms) })}
            <button type="button" className="button quiet" aria-label={t('scheduleRemove', { name: each.name })} onClick={() => remove(each.id)}>
              {t('scheduleErase')}
            </button>
          </li>
        ))}
        {page?.outputs.map((each) => (
          <li key={each.id}>
            <a href={`/api/reports/outputs/${each.id}`} download>
              {each.name}
            </a>{' '}
            <span className="small quiet">{date(each.at_ms)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
