import { type FormEvent, useState } from 'react';

import type { SessionView } from '../api/types';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { acts } from './acts';

/** How the clerk checked who it is, and what that is worth. */
export function VerifiedBy({ session }: { session: SessionView }) {
  const { t, time } = useTexts();
  const verified = session.client?.verified;
  if (!verified) return <p className="hint">{t('notVerified')}</p>;
  return (
    <p data-testid="verified" data-method={verified.method} data-level={verified.level}>
      <Icon name="check" size={16} />{' '}
      {t('verified', { by: verified.by, method: t(`method_${verified.method}`), time: time(verified.at_ms) })}
      <br />
      <span className="hint">{t('verifiedLevel', { level: t(`level_${verified.level}`) })}</span>
    </p>
  );
}

const METHODS = ['passport', 'id_card', 'eid', 'driving_licence'] as const;

/** The client shows a document in the middle of the session; the code is not shown again. */
export function Identify({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const saving = useAction();
  const known = session.client?.kind === 'identified';
  const [open, setOpen] = useState(false);
  const [code, setCode] = useState('');
  const [method, setMethod] = useState<string>(METHODS[0]);
  if (!open) {
    return (
      <div className="row">
        <button type="button" className="button" data-testid="identify" onClick={() => setOpen(true)}>
          {t(known ? 'identifyAgain' : 'identify')}
        </button>
      </div>
    );
  }
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving
      .run(() => acts.identify(session.id, code.trim(), method))
      .then((saved) => {
        if (!saved) return;
        setCode('');
        setOpen(false);
      });
  };
  return (
    <form className="stack tight" onSubmit={save}>
      <Field id="identify-code" label={t('personalCode')} hint={t('personalCodeHint')}>
        <input
          id="identify-code"
          data-testid="identify-code"
          inputMode="numeric"
          autoComplete="off"
          maxLength={20}
          aria-describedby="identify-code-hint"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      </Field>
      <Field id="identify-method" label={t('idMethod')}>
        <select id="identify-method" data-testid="identify-method" value={method} onChange={(event) => setMethod(event.target.value)}>
          {METHODS.map((each) => (
            <option key={each} value={each}>
              {t(`method_${each}`)}
            </option>
          ))}
        </select>
      </Field>
      <Problem error={saving.error} />
      <div className="row">
        <button type="submit" className="button primary" data-testid="identify-save" disabled={saving.busy || code.replace(/\D/g, '').length !== 11}>
          {t('identifySave')}
        </button>
        <button type="button" className="button" onClick={() => setOpen(false)}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}
