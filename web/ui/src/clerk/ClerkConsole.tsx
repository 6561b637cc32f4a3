import { useEffect, useRef, useState } from 'react';

import type { OfficerCard, Principal, RequestView } from '../api/types';
import { live } from '../app';
import { useTexts } from '../i18n';
import { Notices } from '../notices/Notices';
import { PlannedList } from '../planned/PlannedList';
import { Rings } from '../planned/Rings';
import { byId, Held } from '../session/Held';
import { announce } from '../ui/announce';
import { Loading } from '../ui/parts';
import { notify, ring } from '../ui/ring';
import { go } from '../ui/route';
import { useStore } from '../ui/store';
import { CaseForm } from './CaseForm';
import { ClientPanel } from './ClientPanel';
import { OfficerList } from './OfficerList';
import { RequestForm } from './RequestForm';
import { Requests } from './Requests';
import { SessionArea } from './SessionArea';
import { Visits } from './Visits';

/** Left whom to call, in the middle what runs, on the right the client and the record. */
export function ClerkConsole({ me }: { me: Principal }) {
  const { t } = useTexts();
  const state = useStore(live.state);
  const [target, setTarget] = useState<OfficerCard | null>(null);
  const [dismissed, setDismissed] = useState<string | null>(null);
  const session = state.session && state.session.id !== dismissed ? state.session : null;
  const running = session !== null && session.state !== 'ended';
  useRequestsAnnounced(state.requests);
  const runs = running ? session.id : null;
  // Whoever is answered is seen and heard from now on, and must know it, whatever page they look at.
  useEffect(() => {
    if (runs && location.pathname !== '/clerk') go('/clerk');
  }, [runs]);
  if (!state.ready) return <Loading />;
  return (
    <div className={running ? 'console two' : 'console'}>
      <h1 className="hidden">
        {t('console')}: {me.name}
      </h1>
      {running ? null : <OfficerList onDial={setTarget} />}
      <div className="main stack">
        <Notices groups={state.requests.map((request) => request.group_id)} />
        <Rings silent={running} />
        {session || state.held.length > 0 ? <Visits requests={state.requests} /> : null}
        <Held sessions={state.held} />
        {[...(session ? [session] : []), ...state.held].sort(byId).map((each) => (
          <div key={each.id} hidden={each.id !== session?.id}>
            <SessionArea session={each} held={each.id !== session?.id} onClose={() => setDismissed(each.id)} />
          </div>
        ))}
        {running ? null : (
          <>
            {session || state.held.length > 0 ? null : <Visits requests={state.requests} />}
            <Requests requests={state.requests.filter((request) => request.id !== session?.id && !request.joins)} />
            <RequestForm target={target} onTarget={setTarget} pointId={me.point_id ?? null} />
          </>
        )}
      </div>
      <div className="side stack">
        {session ? (
          <>
            <ClientPanel session={session} />
            <CaseForm session={session} />
          </>
        ) : (
          <>
            <section className="card stack tight">
              <h2>{t('client')}</h2>
              <p className="hint">{t('clientLater')}</p>
            </section>
            <PlannedList />
          </>
        )}
      </div>
    </div>
  );
}

/** From now on the clerk is seen and heard, and may be looking at another window. */
function answered(title: string, text: string): void {
  setTimeout(ring({ once: true }), 1_000);
  if (document.hidden) notify(title, text, 'answered');
}

/** What moves without being asked for is said once: an officer answers, or a request goes back to the queue. */
function useRequestsAnnounced(requests: RequestView[]): void {
  const { t } = useTexts();
  const before = useRef<Map<string, string>>(new Map());
  useEffect(() => {
    for (const request of requests) {
      const was = before.current.get(request.id);
      if (was && was !== request.next.code) {
        const key = `next_${request.next.code}` as 'next_join';
        const text = `${request.ticket}: ${t(key, { name: request.next.officer_name ?? '' })}`;
        announce(text);
        if (request.next.code === 'join') answered(t('app'), text);
      }
    }
    before.current = new Map(requests.map((request) => [request.id, request.next.code]));
  }, [requests, t]);
}
