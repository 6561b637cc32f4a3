import { useEffect, useState } from 'react';

import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { dropped, identity, panel, type Principal } from './identity';

/** In whose name: the person, a company they represent, or one that authorised them. Every call asks the register again. */
export function IdentitySwitch() {
  const { t, word } = useTexts();
  const here = useStore(identity);
  const gone = useStore(dropped);
  const [companies, setCompanies] = useState<Principal[]>([]);
  const loading = useAction();
  const entering = useAction();
  const { run } = loading;
  useEffect(() => {
    // asked in the citizen's own name, and anew after a right has ended
    void run(async () => setCompanies((await panel.get<{ companies: Principal[] }>('identities')).companies));
  }, [run, gone]);
  const enter = (regNo: string) => {
    dropped.set(null);
    if (regNo === '') {
      identity.set(null);
      announce(t('pNowPrivate'));
      return;
    }
    void entering.run(async () => {
      identity.set(null);
      const company = await panel.send<Principal>('POST', 'identity', { reg_no: regNo });
      identity.set(company);
      announce(t('pNowCompany', { name: company.name }));
    });
  };
  const how = (each: Principal) => t(each.basis === 'representative' ? 'pAsRepresentative' : 'pAsDelegate', { name: each.name });
  return (
    <section className="card stack tight identity" aria-label={t('pIdentity')} data-testid="identity" data-company={here?.reg_no ?? ''}>
      {gone ? (
        <p className="notice" role="alert" data-testid="identity-dropped">
          <Icon name="warning" size={16} /> {t('pDropped', { name: gone.company })} {word('pDropped_', gone.reason)}
        </p>
      ) : null}
      <Problem error={entering.error} />
      <Field id="identity" label={t('pIdentity')} {...(companies.length === 0 && !loading.error ? { hint: t('pIdentityNone') } : {})}>
        <select id="identity" data-testid="identity-select" value={here?.reg_no ?? ''} disabled={entering.busy} onChange={(event) => enter(event.target.value)}>
          <option value="">{t('pPrivate')}</option>
          {companies.map((each) => (
            <option key={each.reg_no} value={each.reg_no}>
              {how(each)}
            </option>
          ))}
        </select>
      </Field>
      {loading.error ? (
        <p className="line">
          <Icon name="warning" size={16} /> {t('pIdentityDown')}
          <button type="button" className="button" onClick={() => void run(async () => setCompanies((await panel.get<{ companies: Principal[] }>('identities')).companies))}>
            {t('retry')}
          </button>
        </p>
      ) : null}
      {here ? <p className="hint">{[t('pRegNo', { n: here.reg_no }), here.valid_to ? t('pUntil', { date: here.valid_to }) : ''].filter(Boolean).join(' · ')}</p> : null}
    </section>
  );
}
