import { type FormEvent, useCallback, useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';
import { Answers } from './Answers';
import { type QualityReport, SETS } from './sets';

const FORMATS = { csv: 'CSV', json: 'JSON', ttl: 'Turtle', jsonld: 'JSON-LD' };

/** Open data for everybody: the sets in their formats, and a form for what is wrong with them. */
export function DataPage({ manages }: { manages: boolean }) {
  const { t } = useTexts();
  return (
    <div className="page stack">
      <h1>{t('openData')}</h1>
      <p>{t('openDataText')}</p>
      <section className="card stack" aria-label={t('openDataSets')}>
        <div className="row apart">
          <h2>{t('openDataSets')}</h2>
          <a className="button" href="/open-data/catalog.ttl" download>
            {t('openDataCatalogue')}
          </a>
        </div>
        <ul className="stack">
          {SETS.map((id) => (
            <li key={id} className="stack tight" data-testid={`set-${id}`}>
              <h3>{t(`set_${id}`)}</h3>
              <div className="row">
                {Object.entries(FORMATS).map(([format, name]) => (
                  <a key={format} className="button" href={`/open-data/${id}.${format}`} aria-label={`${t(`set_${id}`)}, ${name}`}>
                    {name}
                  </a>
                ))}
              </div>
            </li>
          ))}
        </ul>
        <p className="small quiet">{t('openDataSmall')}</p>
      </section>
      {manages ? <Answers /> : <Tell />}
    </div>
  );
}

function Tell() {
  const { t } = useTexts();
  const [dataset, setDataset] = useState<string>(SETS[6]);
  const [text, setText] = useState('');
  const [number, setNumber] = useState(() => localStorage.getItem('klatiene.report') ?? '');
  const sending = useAction();
  const send = (event: FormEvent) => {
    event.preventDefault();
    void sending.run(async () => {
      const made = await api.write<{ id: string }>('POST', '/api/open-data/reports', { dataset, text });
      localStorage.setItem('klatiene.report', made.id);
      setNumber(made.id);
      setText('');
    });
  };
  return (
    <>
      <form className="card stack" aria-label={t('quality')} onSubmit={send}>
        <h2>{t('quality')}</h2>
        <p className="hint">{t('qualityText')}</p>
        <Field id="quality-set" label={t('qualitySet')}>
          <select id="quality-set" value={dataset} onChange={(event) => setDataset(event.target.value)}>
            {SETS.map((id) => (
              <option key={id} value={id}>
                {t(`set_${id}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="quality-text" label={t('qualityWhat')}>
          <textarea id="quality-text" rows={4} minLength={10} maxLength={2000} required value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        <Problem error={sending.error} />
        <button type="submit" className="button primary start" data-testid="quality-send" disabled={sending.busy}>
          {t('qualitySend')}
        </button>
      </form>
      {number ? <Track number={number} key={number} /> : null}
    </>
  );
}

function Track({ number }: { number: string }) {
  const { t, word } = useTexts();
  const [found, setFound] = useState<QualityReport | null>(null);
  const loading = useAction();
  const { run } = loading;
  const load = useCallback(() => void run(async () => setFound(await api.read<QualityReport>(`/api/open-data/reports/${number}`))), [run, number]);
  useEffect(load, [load]);
  return (
    <section className="card stack" aria-label={t('qualityMine')} data-testid="quality-mine">
      <h2>{t('qualityMine')}</h2>
      <p className="small quiet">{t('qualityNumber', { number })}</p>
      <Problem error={loading.error} />
      {found ? (
        <p role="status">
          {word('quality_', found.state)}
          {found.answer ? `: ${found.answer}` : ''}
        </p>
      ) : null}
    </section>
  );
}
