import { useEffect, useState } from 'react';

import { api } from '../app';
import { HeatMap } from '../charts/HeatMap';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';
import type { Load } from './types';

/** When people come, and how many officers each hour would need for a service level (Erlang C). */
export function LoadMap({ from, to, group }: { from: string; to: string; group: string }) {
  const { t, duration, lang } = useTexts();
  const [level, setLevel] = useState(80);
  const [target, setTarget] = useState(60);
  const [load, setLoad] = useState<Load | null>(null);
  const loading = useAction();
  const { run } = loading;
  useEffect(() => {
    const query = new URLSearchParams({ from, to, level: String(level / 100), target_s: String(target) });
    if (group) query.set('group', group);
    const timer = setTimeout(() => void run(async () => setLoad(await api.read<Load>(`/api/reports/load?${query}`))), 250);
    return () => clearTimeout(timer);
  }, [from, to, group, level, target, run]);
  const number = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
  return (
    <section className="card stack" aria-label={t('loadTitle')}>
      <h2>{t('loadTitle')}</h2>
      <p className="hint">
        {t('loadText')} {load?.handling_s ? t('loadHandling', { time: duration(load.handling_s) }) : ''}
      </p>
      <div className="row">
        <Field id="load-level" label={t('loadLevel')}>
          <input id="load-level" type="number" min={1} max={99} value={level} onChange={(event) => setLevel(clamp(event.target.valueAsNumber, 1, 99))} />
        </Field>
        <Field id="load-target" label={t('loadTarget')}>
          <input id="load-target" type="number" min={1} max={3600} value={target} onChange={(event) => setTarget(clamp(event.target.valueAsNumber, 1, 3600))} />
        </Field>
      </div>
      <Problem error={loading.error} />
      {load && load.hours.length > 0 ? (
        <HeatMap
          title={t('loadTitle')}
          cells={load.hours.map((hour) => ({
            weekday: hour.weekday,
            hour: hour.hour,
            value: hour.per_hour,
            ...(hour.officers === null ? {} : { second: t('loadOfficers', { n: hour.officers }) }),
          }))}
          format={(value) => number.format(value)}
        />
      ) : null}
    </section>
  );
}

const clamp = (value: number, least: number, most: number): number =>
  Number.isFinite(value) ? Math.min(most, Math.max(least, Math.round(value))) : least;
