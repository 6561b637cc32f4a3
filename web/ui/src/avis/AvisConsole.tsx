import '../admin/admin.css';
import './avis.css';

import { useEffect } from 'react';

import type { Role } from '../api/types';
import { me } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Loading, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { type Tab, Tabs } from '../ui/Tabs';
import { GroupsPage } from './GroupsPage';
import { HealthPage } from './HealthPage';
import { InstructionsPage } from './InstructionsPage';
import { SalesPage } from './SalesPage';
import { ShopPage } from './ShopPage';
import { overview, reload } from './store';
import { SumsPage } from './SumsPage';
import { SystemsPage } from './SystemsPage';

const INSTRUCTIONS: Tab = ['/avis', 'avisInstructions'];
const GROUPS: Tab = ['/avis/groups', 'avisGroups'];
const SUMS: Tab = ['/avis/sums', 'avisSums'];
const SYSTEMS: Tab = ['/avis/systems', 'avisSystems'];

function partsOf(role: Role, grants: boolean): Tab[] {
  if (role === 'avis_administrator') return [['/avis', 'avisHealth'], SUMS];
  if (role === 'grantor') return [INSTRUCTIONS, GROUPS, SUMS, SYSTEMS];
  const shop: Tab[] = [['/avis', 'avisShop'], SYSTEMS, ['/avis/sales', 'avisSales'], SUMS];
  return grants ? [...shop, ['/avis/instructions', 'programmes']] : shop;
}

/** The work environment of a grantor, of a provider (with a programme of its own, when it has one), of the administrator. */
export function AvisConsole({ path }: { path: string }) {
  const { t } = useTexts();
  const who = useStore(me)?.principal;
  const found = useStore(overview);
  const loading = useAction();
  const { run } = loading;
  const role = who?.role ?? 'grantor';
  const administers = role === 'avis_administrator';
  useEffect(() => {
    if (!administers) void run(reload);
  }, [run, administers]);
  const parts = partsOf(role, found?.party.sector === 'merchant');
  return (
    <div className="page stack admin avis">
      <div>
        <p className="quiet">{found ? found.party.name : (who?.name ?? '')}</p>
        <Tabs name="avis" label={t('avisTitle')} tabs={parts} isHere={(to) => path === to} />
      </div>
      <Problem error={loading.error} />
      {loading.error ? (
        <div>
          <button type="button" className="button" onClick={() => void run(reload)}>
            {t('retry')}
          </button>
        </div>
      ) : null}
      <Page path={path} role={role} />
    </div>
  );
}

function Page({ path, role }: { path: string; role: Role }) {
  const found = useStore(overview);
  if (role === 'avis_administrator') return path === '/avis/sums' ? <SumsPage settles={false} names={{}} outlets={[]} /> : <HealthPage />;
  if (!found) return <Loading />;
  if (path === '/avis/sums') return <SumsPage settles names={found.names} outlets={found.outlets} />;
  if (path === '/avis/systems') return <SystemsPage found={found} role={role} />;
  if (path === '/avis/groups') return <GroupsPage found={found} />;
  if (path === '/avis/sales') return <SalesPage found={found} />;
  if (path === '/avis/instructions' || role === 'grantor') return <InstructionsPage found={found} programmes={role === 'provider'} />;
  return <ShopPage found={found} />;
}
