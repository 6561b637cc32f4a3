import './admin.css';

import { useEffect } from 'react';

import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Loading, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { type Tab, Tabs } from '../ui/Tabs';
import { AgencyPage } from './AgencyPage';
import { configuration, followChanges, loadConfiguration } from './configuration';
import { GroupList } from './GroupList';
import { GroupPage } from './GroupPage';
import { OfficerList } from './OfficerList';
import { OfficerPage } from './OfficerPage';
import { RulesPage } from './RulesPage';
import type { Configuration } from './types';

const PARTS: Tab[] = [
  ['/admin', 'adminGroups'],
  ['/admin/officers', 'adminOfficers'],
  ['/admin/rules', 'adminRules'],
  ['/admin/agency', 'adminAgency'],
];

/** The agency's administrator: groups, officers, flow rules and hours, changed while they are in use. */
export function AdminConsole({ path }: { path: string }) {
  const { t, of } = useTexts();
  const found = useStore(configuration);
  const loading = useAction();
  const { run } = loading;
  useEffect(() => {
    void run(loadConfiguration);
    return followChanges();
  }, [run]);
  const here = (part: string) => (part === '/admin' ? path === part || path.startsWith('/admin/groups') : path.startsWith(part));
  return (
    <div className="page stack admin">
      <div>
        <p className="quiet">{found ? `${found.agency.code} · ${of(found.agency.name)}` : t('adminConsole')}</p>
        <Tabs name="admin" label={t('adminConsole')} tabs={PARTS} isHere={here} />
      </div>
      <Problem error={loading.error} />
      {loading.error ? (
        <div>
          <button type="button" className="button" onClick={() => void run(loadConfiguration)}>
            {t('retry')}
          </button>
        </div>
      ) : null}
      {found ? <Part path={path} configured={found} /> : loading.error ? null : <Loading />}
    </div>
  );
}

function Part({ path, configured }: { path: string; configured: Configuration }) {
  const [, , part, id] = path.split('/');
  if (part === 'groups' && id) return <GroupPage key={id} id={id === 'new' ? null : id} configured={configured} />;
  if (part === 'officers' && id) return <OfficerPage key={id} id={id === 'new' ? null : id} configured={configured} />;
  if (part === 'officers') return <OfficerList configured={configured} />;
  if (part === 'rules') return <RulesPage configured={configured} />;
  if (part === 'agency') return <AgencyPage configured={configured} />;
  return <GroupList configured={configured} />;
}
