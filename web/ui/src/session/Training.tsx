import { type FormEvent, useEffect, useState } from 'react';

import type { SessionView } from '../api/types';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { acts } from './acts';

/** PAK_03: which e-service was taught, and whether the client can use it alone now. */
export function Training({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const saving = useAction();
  const saved = session.training;
  const [service, setService] = useState('');
  const [alone, setAlone] = useState(false);
  // what anybody saved is what is corrected next, whoever it was
  useEffect(() => {
    if (!saved) return;
    setService(saved.service);
    setAlone(saved.alone);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [saved?.at_ms]);
  if (session.pak !== 'PAK_03') return null;
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving.run(() => acts.train(session.id, service.trim(), alone));
  };
  return (
    <section className="card stack tight" aria-label={t('training')} data-testid="training">
      <h2>{t('training')}</h2>
      <Problem error={saving.error} />
      {saved ? (
        <p role="status" data-testid="training-saved">
          <Icon name="check" size={16} /> {t(saved.alone ? 'partsAlone' : 'partsNotAlone', { service: saved.service })}
        </p>
      ) : null}
      <form className="stack tight" onSubmit={save}>
        <Field id="training-service" label={t('trainingService')}>
          <input id="training-service" data-testid="training-service" maxLength={200} value={service} onChange={(event) => setService(event.target.value)} />
        </Field>
        <label className="check">
          <input type="checkbox" data-testid="training-alone" checked={alone} onChange={(event) => setAlone(event.target.checked)} />
          {t('trainingAlone')}
        </label>
        <div className="row">
          <button type="submit" className="button" data-testid="training-save" disabled={saving.busy || !service.trim()}>
            {t('save')}
          </button>
        </div>
      </form>
    </section>
  );
}
