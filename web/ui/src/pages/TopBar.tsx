import type { Role } from '../api/types';
import { live, me } from '../app';
import { type Key, setLanguage, useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { InnerLink } from '../ui/InnerLink';
import { go, usePath } from '../ui/route';
import { useStore } from '../ui/store';
import { toggleTheme } from '../ui/theme';
import { IconButton } from '../ui/parts';
import { Shortcuts } from './Shortcuts';
import { homeOf, signOut } from './start';

const LINKS: Partial<Record<Role, [string, Key][]>> = {
  clerk: [
    ['/clerk', 'console'],
    ['/cases', 'cases'],
    ['/workstations', 'workstations'],
  ],
  agency_administrator: [
    ['/admin', 'adminConsole'],
    ['/board', 'board'],
    ['/reports', 'reports'],
  ],
  supervisor: [
    ['/board', 'board'],
    ['/reports', 'reports'],
  ],
  network_manager: [
    ['/network/points', 'points'],
    ['/network/indicators', 'indicators'],
    ['/network/grants', 'grants'],
    ['/reports', 'reports'],
    ['/data', 'openData'],
  ],
};

export function TopBar() {
  const { t } = useTexts();
  const who = useStore(me);
  const path = usePath();
  const links = who ? (LINKS[who.principal.role] ?? []) : [];
  return (
    <>
      <header className="topbar">
        <a
          className="brand"
          href={who ? homeOf(who.principal.role) : '/'}
          onClick={(event) => {
            if (!who) return;
            event.preventDefault();
            go(homeOf(who.principal.role));
          }}
        >
          <img src="/favicon.svg" alt="" /> {t('app')}
        </a>
        {links.length > 0 ? (
          <nav aria-label={t('app')}>
            {links.map(([to, key]) => (
              <InnerLink key={to} to={to} current={path === to || path.startsWith(`${to}/`)}>
                {t(key)}
              </InnerLink>
            ))}
          </nav>
        ) : null}
        <span className="grow" />
        {who ? <span className="who">{who.principal.name}</span> : null}
        <Languages />
        <Shortcuts />
        <IconButton icon="theme" label={t('theme')} quiet onClick={toggleTheme} />
        {who ? (
          <button type="button" className="button quiet" onClick={() => void signOut()}>
            {t('signOut')}
          </button>
        ) : null}
      </header>
      {who ? <ConnectionBanner /> : null}
    </>
  );
}

export function Languages() {
  const { lang, t } = useTexts();
  return (
    <div className="row" role="group" aria-label={t('language')}>
      {(['lv', 'en'] as const).map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          className="button quiet"
          aria-pressed={lang === each}
          data-testid={`lang-${each}`}
          onClick={() => setLanguage(each)}
        >
          {each.toUpperCase()}
        </button>
      ))}
    </div>
  );
}

/** Says so only when the line to the server is not well; the state is always readable for tests and tools. */
export function ConnectionBanner() {
  const { t } = useTexts();
  const connection = useStore(live.connection);
  return (
    <div data-testid="connection" data-state={connection} role="status">
      {connection === 'lost' || connection === 'refused' || connection === 'replaced' ? (
        <div className="connection">
          <Icon name="warning" />
          {connection === 'lost' ? t('reconnecting') : t(connection)}
          {connection === 'lost' ? null : (
            <button type="button" className="button" onClick={() => location.reload()}>
              {t('reload')}
            </button>
          )}
        </div>
      ) : null}
    </div>
  );
}
