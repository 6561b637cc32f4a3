import { useState } from 'react';

import type { Join, SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { Asked } from '../session/Asked';
import { Chat } from '../session/Chat';
import { Controls } from '../session/Controls';
import { DocumentView } from '../session/DocumentView';
import { HandedBack } from '../session/OtherOfficials';
import { Outside } from '../session/Outside';
import { RoomMicrophone } from '../session/RoomMicrophone';
import { Stage } from '../session/Stage';
import { isQuiet, mineOf, useSessionCall } from '../session/useSessionCall';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Problem } from '../ui/parts';
import { Help } from './Kiosk';
import { Lent } from './Lent';

/** The faces, mute, text, help; a banner says who sees and hears, with the way out always in the same place. */
export function KioskSession({
  session,
  grant,
  onLeft,
  home = false,
}: {
  session: SessionView;
  grant: (id: string) => Promise<Join>;
  onLeft: () => void;
  /** the client's own device: it has files of its own, and no clerk beside it */
  home?: boolean;
}) {
  const { t, word } = useTexts();
  const handle = useSessionCall(session, grant);
  const leaving = useAction();
  const [asking, setAsking] = useState(false);
  const others = session.participants.filter((person) => person.identity !== session.identity && person.state === 'joined');
  return (
    <div className="stack" data-testid="session" data-session={session.id}>
      <div className="seen">
        <span role="status">
          {t('kioskSee', { names: others.map((person) => person.name || word('person_', person.role)).join(', ') || t('none') })}
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
              <RoomMicrophone session={session} />
              <Asked session={session} handle={handle} />
              <Controls handle={handle} mine={mineOf(session)} share={false} />
            </>
          )}
        </div>
        <div className="stack">
          {session.door ? null : <Chat handle={handle} people={session.participants} sessionId={session.id} files={home} />}
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
