import { useEffect, useRef, useState } from 'react';

import type { Join, SessionView } from '../api/types';
import { api, live } from '../app';
import type { CallHandle } from '../call/useCall';
import { useTexts } from '../i18n';
import { Asked } from '../session/Asked';
import { Chat } from '../session/Chat';
import { Controls } from '../session/Controls';
import { Documents } from '../session/Documents';
import { DocumentView } from '../session/DocumentView';
import { LineNotice } from '../session/LineNotice';
import { HandedBack } from '../session/OtherOfficials';
import { Outside } from '../session/Outside';
import { RoomMicrophone } from '../session/RoomMicrophone';
import { Stage } from '../session/Stage';
import { isQuiet, mineOf, useSessionCall } from '../session/useSessionCall';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { Help } from './Kiosk';
import { Lent } from './Lent';

/** The faces, mute, text, help; a banner says who sees and hears, with the way out always in the same place. */
export function KioskSession({
  session,
  grant,
  onLeft,
  onCut,
  home = false,
}: {
  session: SessionView;
  grant: (id: string) => Promise<Join>;
  onLeft: () => void;
  /** told when neither the room nor the service is reached any more, and when one of them is again */
  onCut?: (cut: boolean) => void;
  /** the client's own device: it has files of its own, and no clerk beside it */
  home?: boolean;
}) {
  const { t, word } = useTexts();
  const handle = useSessionCall(session, grant);
  useComeBack(handle);
  useCut(handle, onCut);
  const leaving = useAction();
  const [asking, setAsking] = useState(false);
  const others = session.participants.filter((person) => person.identity !== session.identity && person.state === 'joined');
  const seen = !session.door && (handle.state.phase === 'connected' || handle.state.phase === 'reconnecting');
  return (
    <div className="stack" data-testid="session" data-session={session.id}>
      <div className="seen">
        <span role="status">
          {seen && others.length > 0
            ? t('kioskSee', { names: others.map((person) => person.name || word('person_', person.role)).join(', ') })
            : t('kioskNobodySees')}
        </span>
        <button type="button" className="button danger" data-testid="kiosk-leave" onClick={() => setAsking(true)}>
          <Icon name="end" /> {t('kioskLeave')}
        </button>
      </div>
      <Lent session={session} handle={handle} />
      <Problem error={leaving.error} />
      <div className="kiosk-session">
        <div className="stack">
          <HandedBack session={session} />
          {session.door ? (
            <Outside session={session} />
          ) : (
            <>
              <DocumentView session={session} handle={handle} />
              <Stage
                handle={handle}
                people={session.participants}
                spotlight={session.spotlight}
                quiet={isQuiet(session)}
                ownScreen={false}
                compact={session.shown !== null}
              />
              <LineNotice handle={handle} people={session.participants} client={home ? 'home' : 'here'} />
              <RoomMicrophone session={session} />
              <Asked session={session} handle={handle} />
              <Controls handle={handle} mine={mineOf(session)} share={false} papers={!home} help={home ? '' : t('deviceCallClerk')} />
            </>
          )}
        </div>
        <div className="stack">
          {session.door ? null : <Chat handle={handle} people={session.participants} sessionId={session.id} files={home} />}
          {home && !session.door && session.documents.length > 0 ? <Documents session={session} upload={false} /> : null}
          <Help {...(home ? { text: t('homeHelpText') } : {})} />
        </div>
      </div>
      <Confirm
        open={asking}
        title={t('kioskLeaveConfirm')}
        confirm={t('kioskLeaveYes')}
        cancel={t('kioskLeaveNo')}
        danger
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          void leaving.run(() => api.leave(session.id)).then((left) => {
            if (left) onLeft();
          });
        }}
      />
    </div>
  );
}

/** After this the room is asked for again; the call itself has tried for most of a minute before. */
const AGAIN_MS = 10_000;

/** Nobody here knows what to press when the line was away for long: whoever belongs into the room comes back by itself. */
function useComeBack({ state, rejoin }: CallHandle): void {
  const again = useRef(rejoin);
  again.current = rejoin;
  const failed = state.phase === 'failed';
  useEffect(() => {
    if (!failed) return;
    const timer = setTimeout(() => again.current(), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [failed]);
}

function useCut({ state }: CallHandle, onCut: ((cut: boolean) => void) | undefined): void {
  const cut = useStore(live.connection) !== 'open' && state.phase !== 'connected';
  useEffect(() => onCut?.(cut), [cut, onCut]);
  useEffect(() => () => onCut?.(false), [onCut]);
}
