import { type FormEvent, useCallback, useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Empty, Field, Problem } from '../ui/parts';
import type { QualityReport } from './sets';

const STATES = ['answered', 'mended', 'refused'] as const;

/** What people told of the data's quality, the newest first, each to be answered. */
export function Answers() {
  const { t, date, word } = useTexts();
  const [reports, setReports] = useState<QualityReport[] | null>(null);
  const loading = useAction();
  const { run } = loading;
  const load = useCallback(
    () => void run(async () => setReports((await api.read<{ reports: QualityReport[] }>('/api/network/quality')).reports)),
    [run],
  );
  useEffect(load, [load]);
  return (
    <section className="card stack" aria-label={t('qualityAll')}>
      <h2>{t('qualityAll')}</h2>
      <Problem error={loading.error} />
      {reports?.length === 0 ? <Empty icon="check">{t('qualityNone')}</Empty> : null}
      <ul className="stack">
        {reports?.map((each) => (
          <li key={each.id} className="stack tight" data-testid={`quality-${each.id}`}>
            <p>
              <strong>{word('set_', each.dataset)}</strong>, {date(each.created_ms)}: {each.text}
            </p>
            <p>
              {word('quality_', each.state)}
              {each.answer ? `: ${each.answer}` : ''}
            </p>
            {each.state === 'open' ? <Answer report={each} onDone={load} /> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Answer({ report, onDone }: { report: QualityReport; onDone: () => void }) {
  const { t } = useTexts();
  const [state, setState] = useState<string>('answered');
  const [answer, setAnswer] = useState('');
  const saving = useAction();
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving.run(async () => {
      await api.write('POST', `/api/network/quality/${report.id}`, { state, answer });
      onDone();
    });
  };
  return (
    <form className="form-grid" aria-label={t('qualityAnswer')} onSubmit={save}>
      <Field id={`state-${report.id}`} label={t('qualityState')}>
        <select id={`state-${report.id}`} value={state} onChange={(event) => setState(event.target.value)}>
          {STATES.map((each) => (
            <option key={each} value={each}>
              {t(`quality_${each}`)}
            </option>
          ))}
        </select>
      </Field>
      <Field id={`answer-${report.id}`} label={t('qualityAnswer')}>
        <input id={`answer-${report.id}`} required maxLength={2000} value={answer} onChange={(event) => setAnswer(event.target.value)} />
      </Field>
      <button type="submit" className="button primary" data-testid="quality-answer" disabled={saving.busy}>
        {t('save')}
      </button>
      <Problem error={saving.error} />
    </form>
  );
}
