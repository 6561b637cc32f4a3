import { Component, lazy, type ReactNode, Suspense, useEffect } from 'react';

import { live, me } from './app';
import { useTexts } from './i18n';
import { wipeAll } from './kiosk/wipe';
import { Accessibility, NotFound } from './pages/Plain';
import { SignIn } from './pages/SignIn';
import { demo, revoked, start, startProblem } from './pages/start';
import { TopBar } from './pages/TopBar';
import { announcement } from './ui/announce';
import { keepFocus } from './ui/focus';
import { Loading, Problem } from './ui/parts';
import { usePath } from './ui/route';
import { useStore } from './ui/store';

const ClerkConsole = lazy(() => import('./clerk/ClerkConsole').then((found) => ({ default: found.ClerkConsole })));
const OfficerConsole = lazy(() => import('./officer/OfficerConsole').then((found) => ({ default: found.OfficerConsole })));
const Kiosk = lazy(() => import('./kiosk/Kiosk').then((found) => ({ default: found.Kiosk })));
const Home = lazy(() => import('./home/Home').then((found) => ({ default: found.Home })));
const NoLine = lazy(() => import('./kiosk/NoLine').then((found) => ({ default: found.NoLine })));
const Enrol = lazy(() => import('./kiosk/Enrol').then((found) => ({ default: found.Enrol })));
const Workstations = lazy(() =>
  import('./workstations/Workstations').then((found) => ({ default: found.Workstations })),
);
const Board = lazy(() => import('./board/Board').then((found) => ({ default: found.Board })));
const AdminConsole = lazy(() => import('./admin/AdminConsole').then((found) => ({ default: found.AdminConsole })));
const Reports = lazy(() => import('./reports/Reports').then((found) => ({ default: found.Reports })));
const DataPage = lazy(() => import('./data/DataPage').then((found) => ({ default: found.DataPage })));
const NetworkConsole = lazy(() => import('./network/NetworkConsole').then((found) => ({ default: found.NetworkConsole })));
const AvisConsole = lazy(() => import('./avis/AvisConsole').then((found) => ({ default: found.AvisConsole })));
const Panel = lazy(() => import('./panel/Panel').then((found) => ({ default: found.Panel })));
const Cases = lazy(() => import('./cases/Cases').then((found) => ({ default: found.Cases })));

let started = false;

export function App() {
  const { lang } = useTexts();
  const connection = useStore(live.connection);
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  useEffect(() => {
    if (started) return;
    started = true;
    void start();
  }, []);
  useEffect(() => {
    if (connection !== 'signed_out') return;
    // An enrolled workstation signs out of nothing: it was let go, perhaps in the middle of what somebody wrote.
    const letGo = me.get()?.principal.role === 'workstation' && location.pathname === '/kiosk';
    revoked.set(letGo);
    if (letGo) void wipeAll();
    me.set(null);
  }, [connection]);
  useEffect(() => {
    const root = document.getElementById('root');
    return root ? keepFocus(root) : undefined;
  }, []);
  return (
    <Safety>
      <Shell />
      <Announcer />
    </Safety>
  );
}

function Shell() {
  const { t } = useTexts();
  const path = usePath();
  const who = useStore(me);
  const problem = useStore(startProblem);
  const isDemo = useStore(demo);
  const isRevoked = useStore(revoked);
  if (path === '/kiosk' && (problem || who !== undefined)) {
    const known = who?.principal.role === 'workstation';
    const screen = known ? <Kiosk /> : <Enrol demo={isDemo} revoked={isRevoked} />;
    return <Suspense fallback={<Loading />}>{problem ? <NoLine problem={problem} /> : screen}</Suspense>;
  }
  if (path === '/home') {
    return (
      <Suspense fallback={<Loading />}>
        <Home />
      </Suspense>
    );
  }
  return (
    <>
      <a className="skip" href="#content">
        {t('skip')}
      </a>
      <TopBar />
      <main id="content" tabIndex={-1}>
        {problem ? (
          <div className="page narrow">
            <Problem error={problem} />
            <button type="button" className="button primary" onClick={() => void start()}>
              {t('retry')}
            </button>
          </div>
        ) : (
          <Suspense fallback={<Loading />}>
            <Page path={path} />
          </Suspense>
        )}
      </main>
    </>
  );
}

function Page({ path }: { path: string }) {
  const who = useStore(me);
  if (path === '/accessibility') return <Accessibility />;
  if (path === '/data' && who !== undefined) return <DataPage manages={who?.principal.role === 'network_manager'} />;
  if (who === undefined) return <Loading />;
  if (who === null || path === '/sign-in') return <SignIn />;
  const role = who.principal.role;
  if ((path === '/clerk' || path === '/cases' || path === '/workstations') && role === 'clerk') {
    // The console stays while the clerk looks something up: leaving it would be leaving the conversation.
    return (
      <>
        <div hidden={path !== '/clerk'}>
          <ClerkConsole me={who.principal} />
        </div>
        {path === '/cases' ? <Cases /> : null}
        {path === '/workstations' ? <Workstations /> : null}
      </>
    );
  }
  if (path === '/officer' && role === 'officer') return <OfficerConsole />;
  if ((path === '/board' || path.startsWith('/board/')) && (role === 'supervisor' || role === 'agency_administrator')) return <Board path={path} />;
  if (path === '/reports' && (role === 'supervisor' || role === 'agency_administrator' || role === 'network_manager')) return <Reports />;
  if (path.startsWith('/network') && role === 'network_manager') return <NetworkConsole path={path} />;
  if ((path === '/admin' || path.startsWith('/admin/')) && role === 'agency_administrator') return <AdminConsole path={path} />;
  if ((path === '/avis' || path.startsWith('/avis/')) && (role === 'grantor' || role === 'provider' || role === 'avis_administrator')) return <AvisConsole path={path} />;
  if (path === '/panel' && role === 'citizen') return <Panel />;
  return <NotFound />;
}

function Announcer() {
  const text = useStore(announcement);
  return (
    <div className="hidden" aria-live="polite" role="status">
      {text}
    </div>
  );
}

/** The page that stands when a view fails: drafts are on the device, so reloading loses nothing. */
class Safety extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { t } = useTexts();
  return (
    <main className="page narrow">
      <h1>{t('brokenTitle')}</h1>
      <p>{t('brokenText')}</p>
      <button type="button" className="button primary" onClick={() => location.reload()}>
        {t('reload')}
      </button>
    </main>
  );
}
