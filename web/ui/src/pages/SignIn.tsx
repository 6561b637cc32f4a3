import { useEffect, useState } from 'react';

import type { Account, Role } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon, type IconName } from '../ui/Icon';
import { Loading, Problem } from '../ui/parts';
import { signInAs } from './start';

const ICONS: Partial<Record<Role, IconName>> = { clerk: 'person', officer: 'phone', workstation: 'kiosk', supervisor: 'info', agency_administrator: 'settings', network_manager: 'search' };
const ORDER: Role[] = ['clerk', 'officer', 'workstation', 'supervisor', 'agency_administrator', 'network_manager', 'citizen', 'grantor', 'provider', 'avis_administrator'];

/** The demo's sign-in: every account of the demo, by role. */
export function SignIn() {
  const { t, word } = useTexts();
  const [accounts, setAccounts] = useState<Account[] | null>(null);
  const loading = useAction();
  const signing = useAction();
  const { run } = loading;
  useEffect(() => {
    void run(async () => setAccounts((await api.accounts()).accounts));
  }, [run]);
  const people = accounts?.filter((account) => !account.simulated) ?? [];
  return (
    <div className="page narrow">
      <h1>{t('signInTitle')}</h1>
      {loading.error?.status === 404 ? <p>{t('signInNone')}</p> : <Problem error={loading.error} />}
      <Problem error={signing.error} />
      {accounts ? <p className="notice">{t('signInDemo')}</p> : loading.error ? null : <Loading />}
      {ORDER.filter((role) => people.some((account) => account.role === role)).map((role) => (
        <section className="stack tight" key={role} aria-labelledby={`role-${role}`}>
          <h2 id={`role-${role}`}>{word('role_', role)}</h2>
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
