import { type FormEvent, useState } from 'react';

import type { ActingFor as Checked, SessionView } from '../api/types';
import { api, me } from '../app';
import { type Key, isKey, useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { acts } from './acts';

/** May this person act for this company: asked of the register of powers, with the reason and the time of the answer. */
export function ActingFor({ session }: { session: SessionView }) {
  const { t, time } = useTexts();
  const [regNo, setRegNo] = useState('');
  const [own, setOwn] = useState<Checked | null>(null);
  const checking = useAction();
  const demo = useStore(me)?.demo === true;
  const known = session.acting_for ?? own;
  const dropped = known?.revoked ? 'powerRevoked' : known?.reason === 'registry_unavailable' ? 'powerUnavailable' : null;
  const check = (event: FormEvent) => {
    event.preventDefault();
    void checking.run(async () => setOwn(await api.actingFor(session.id, regNo.trim())));
  };
  const reason = known ? (`power_${known.reason}` as Key) : null;
  return (
    <form className="stack tight" onSubmit={check}>
      <h3>{t('actingFor')}</h3>
      {known && dropped ? (
        <p className="problem" role="alert" data-testid="power-dropped" data-why={dropped}>
          <Icon name="warning" /> {t(dropped, { reg_no: known.reg_no })}
        </p>
      ) : null}
      {known ? (
        <p data-testid="acting-for" data-allowed={known.allowed}>
          <Icon name={known.allowed ? 'check' : 'warning'} size={16} /> <strong>{known.reg_no}</strong>:{' '}
          {known.allowed ? t('mayAct') : t('mayNotAct')}
          {reason && isKey(reason) ? ` — ${t(reason)}` : ''}
          <br />
          <span className="hint">{t('checkedAt', { source: known.source, time: time(known.checked_at_ms) })}</span>
        </p>
      ) : (
        <p className="hint">{t('notChecked')}</p>
      )}
      <Problem error={checking.error} />
      <Field id="reg-no" label={t('regNo')} {...(demo ? { hint: t('demoRegNo') } : {})}>
        <input id="reg-no" inputMode="numeric"
          aria-describedby={demo ? 'reg-no-hint' : undefined}
          value={regNo}
          onChange={(event) => setRegNo(event.target.value)}
        />
      </Field>
      <button type="submit" className="button" disabled={checking.busy || !regNo.trim()}>
        {checking.busy ? t('checking') : t('check')}
      </button>
      {known?.allowed ? <Eaddress sessionId={session.id} /> : null}
      {session.acting_for ? (
        <button type="button" className="button" data-testid="private-person" disabled={checking.busy} onClick={() => void checking.run(async () => {
          await acts.privatePerson(session.id);
          setOwn(null);
        })}>
          {t('privatePerson')}
        </button>
      ) : null}
    </form>
  );
}

/** Activates the company's e-adrese; the power is asked again before it is done. */
function Eaddress({ sessionId }: { sessionId: string }) {
  const { t } = useTexts();
  const acting = useAction();
  const [active, setActive] = useState(false);
  return active ? (
    <p role="status" data-testid="eaddress-active">
      <Icon name="check" size={16} /> {t('eaddressActive')}
    </p>
  ) : (
    <>
      <Problem error={acting.error} />
      <button
        type="button"
        className="button"
        data-testid="eaddress-activate"
        disabled={acting.busy}
        onClick={() =>
          void acting.run(async () => {
            const { status } = await acts.activateEaddress(sessionId);
            setActive(status === 'active');
          })
        }
      >
        {t('eaddressActivate')}
      </button>
    </>
  );
}
