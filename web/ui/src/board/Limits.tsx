import { type FormEvent, useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';
import type { Limit, Thresholds } from './needs';

/** In what unit a limit is written: seconds and requests as they are, shares in per cent. */
const FIELDS: [Limit, number][] = [
  ['longest_wait_s', 1],
  ['waiting', 1],
  ['abandon_rate', 100],
  ['service_level', 100],
];

/** The limits beyond which the board warns; an empty field warns of nothing. */
export function Limits({ onLimits }: { onLimits: (limits: Thresholds) => void }) {
  const { t } = useTexts();
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [saved, setSaved] = useState(false);
  const doing = useAction();
  const { run } = doing;
  useEffect(() => {
    void run(async () => {
      const limits = await api.read<Thresholds>('/api/board/thresholds');
      onLimits(limits);
      setTexts(Object.fromEntries(FIELDS.map(([name, unit]) => [name, textOf(limits[name], unit)])));
    });
  }, [run, onLimits]);
  const save = (event: FormEvent) => {
    event.preventDefault();
    setSaved(false);
    const value = (name: Limit, unit: number) => (texts[name] ? Number(texts[name]) / unit : null);
    void run(async () => {
      const limits = Object.fromEntries(FIELDS.map(([name, unit]) => [name, value(name, unit)]));
      onLimits(await api.write<Thresholds>('PUT', '/api/board/thresholds', limits));
      setSaved(true);
    });
  };
  return (
    <details className="card options">
      <summary>{t('limits')}</summary>
      <form className="stack" onSubmit={save}>
        <div className="form-grid">
          {FIELDS.map(([name, unit]) => (
            <Field key={name} id={`limit-${name}`} label={t(`limitField_${name}`)}>
              <input
                id={`limit-${name}`}
                type="number"
                min={unit === 1 ? 1 : 0}
                max={unit === 1 ? 10_000 : 100}
                value={texts[name] ?? ''}
                onChange={(event) => setTexts((known) => ({ ...known, [name]: event.target.value }))}
              />
            </Field>
          ))}
          <button type="submit" className="button primary" data-testid="limits-save" disabled={doing.busy}>
            {t('save')}
          </button>
        </div>
        {saved ? <span role="status">{t('saved')}</span> : null}
        <Problem error={doing.error} />
      </form>
    </details>
  );
}

const textOf = (limit: number | null, unit: number): string => (limit === null ? '' : String(Math.round(limit * unit)));
