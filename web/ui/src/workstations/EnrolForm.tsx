import { type FormEvent, useEffect, useRef, useState } from 'react';

import type { AskedEnrolment } from '../api/devices';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction, useDraft } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field } from '../ui/parts';
import { FreshProblem } from './FreshProblem';

/** The clerk before the computer: its code, then its name and place, then the number that only its screen tells. */
export function EnrolForm({ onEnrolled }: { onEnrolled: () => void }) {
  const { t } = useTexts();
  // it outlives a sign-in afresh, which leaves the page
  const [code, setCode] = useDraft('enrol.code');
  const [asked, setAsked] = useState<AskedEnrolment | null>(null);
  const [number, setNumber] = useState('');
  const [done, setDone] = useState('');
  const acting = useAction();
  const numberField = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (asked) numberField.current?.focus();
  }, [asked]);
  const over = () => {
    setAsked(null);
    setCode('');
    setNumber('');
  };
  const find = (event: FormEvent) => {
    event.preventDefault();
    setDone('');
    void acting.run(async () => setAsked(await api.lookEnrolment(code)));
  };
  const decide = (act: (found: AskedEnrolment) => Promise<unknown>, said: string) => {
    if (!asked) return;
    void acting
      .run(() => act(asked))
      .then((went) => {
        if (went) setDone(said);
        // A wrong number ended it: only a new code begins anew.
        over();
        onEnrolled();
      });
  };
  return (
    <section className="card stack" aria-labelledby="enrol-new">
      <h2 id="enrol-new">{t('enrolNew')}</h2>
      <p>{t('enrolNewText')}</p>
      <FreshProblem error={acting.error} onProved={acting.clear} />
      <p role="status" data-testid="enrol-done">
        {done}
      </p>
      {asked ? (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            decide((found) => api.confirmEnrolment(found.id, number), t('enrolDone', { name: asked.name }));
          }}
        >
          <p data-testid="enrol-found">
            <strong>
              <Icon name="kiosk" />{' '}
              {t(asked.kind === 'agent' ? 'enrolFoundAgent' : 'enrolFound', { name: asked.name, place: asked.point_name })}
            </strong>
          </p>
          {asked.replaces ? <p className="notice">{t('enrolReplaces')}</p> : null}
          <Field id="enrol-check" label={t('enrolNumberField')} hint={t('enrolNumberHint')}>
            <input
              id="enrol-check"
              ref={numberField}
              data-testid="enrol-check"
              className="code-input"
              inputMode="numeric"
              autoComplete="off"
              maxLength={2}
              aria-describedby="enrol-check-hint"
              value={number}
              onChange={(event) => setNumber(event.target.value.replace(/\D/g, ''))}
            />
          </Field>
          <div className="row">
            <button type="submit" className="button primary" data-testid="enrol-confirm" disabled={number.length !== 2 || acting.busy}>
              {t('enrolConfirm')}
            </button>
            <button
              type="button"
              className="button"
              data-testid="enrol-refuse"
              disabled={acting.busy}
              onClick={() => decide((found) => api.refuseEnrolment(found.id), '')}
            >
              {t('enrolRefuse')}
            </button>
          </div>
        </form>
      ) : (
        <form className="stack" onSubmit={find}>
          <Field id="enrol-code" label={t('enrolCodeField')}>
            <input
              id="enrol-code"
              data-testid="enrol-code"
              className="code-input wide"
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              maxLength={12}
              value={code}
              onChange={(event) => setCode(event.target.value.toUpperCase())}
            />
          </Field>
          <div className="row">
            <button type="submit" className="button primary" data-testid="enrol-find" disabled={code.length < 8 || acting.busy}>
              {t('enrolCodeFind')}
            </button>
          </div>
        </form>
      )}
    </section>
  );
}
