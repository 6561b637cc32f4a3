import { useEffect, useState } from 'react';

import type { SignOnWays } from '../api/client';
import type { Account, Role } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon, type IconName } from '../ui/Icon';
import { Loading, Problem } from '../ui/parts';
import { Refusal } from './Refusal';
import { signInAs } from './start';

const ICONS: Partial<Record<Role, IconName>> = { clerk: 'person', officer: 'phone', workstation: 'kiosk', supervisor: 'info', agency_administrator: 'settings', network_manager: 'search' };
const ORDER: Role[] = ['clerk', 'officer', 'workstation', 'supervisor', 'agency_administrator', 'network_manager', 'citizen', 'grantor', 'provider', 'avis_administrator'];

/** Ways in: the state's sign-on where it is connected, and the demo's accounts, by role. */
export function SignIn() {
  const { t, word } = useTexts();
  const [on, setOn] = useState<SignOnWays | null>(null);
  const asking = useAction();
  const [accounts, setAccounts] = useState<Account[] | null>(null);
  const loading = useAction();
  const signing = useAction();
  const { run } = loading;
  const ask = asking.run;
  useEffect(() => {
    void ask(async () => {
      const found = await api.signOn(new URLSearchParams(location.search).get('problem'));
      setOn(found);
      if (found.demo) void run(async () => setAccounts((await api.accounts()).accounts));
    });
  }, [ask, run]);
  const people = accounts?.filter((account) => !account.simulated) ?? [];
  return (
    <div className="page narrow">
      <h1>{t('signInTitle')}</h1>
      {on?.problem ? <Refusal problem={on.problem} /> : null}
      <Problem error={asking.error ?? loading.error} />
      <Problem error={signing.error} />
      {on || asking.error ? null : <Loading />}
      {on && on.ways.length > 0 ? (
        <section className="stack tight" aria-label={t('signIn')}>
          {on.ways.map((way) => (
            <a key={way} className={way === 'oidc' ? 'button primary' : 'button'} href={`/sign-on/${way}`} data-testid={`sign-on-${way}`}>
              <Icon name="person" /> {t(way === 'oidc' ? 'signOnOidc' : 'signOnWsfed')}
            </a>
          ))}
          <p className="hint">{t('signOnHint')}</p>
        </section>
      ) : null}
      {on && on.ways.length === 0 && !on.demo ? <p>{t('signOnNone')}</p> : null}
      {accounts ? (
        <>
          {on && on.ways.length > 0 ? <h2>{t('signOnDemo')}</h2> : null}
          <p className="notice">{t('signInDemo')}</p>
        </>
      ) : null}
      {ORDER.filter((role) => people.some((account) => account.role === role)).map((role) => (
        <section className="stack tight" key={role} aria-labelledby={`role-${role}`}>
          {on && on.ways.length > 0 ? <h3 id={`role-${role}`}>{word('role_', role)}</h3> : <h2 id={`role-${role}`}>{word('role_', role)}</h2>}
          <ul className="accounts">
            {people
              .filter((account) => account.role === role)
              .map((account) => (
                <li key={account.id}>
                  <button
                    type="button"
                    className="button"
                    data-testid={`account-${account.id}`}
                    disabled={signing.busy}
                    onClick={() => void signing.run(() => signInAs(account.id))}
                  >
                    <Icon name={ICONS[role] ?? 'person'} />
                    <span>
                      {account.name}
                      {account.place && !account.name.includes(account.place) ? (
                        <span className="quiet"> · {account.place}</span>
                      ) : null}
                    </span>
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
      <p>
        <a href="/kiosk">{t('enrolHere')}</a>
      </p>
    </div>
  );
}
