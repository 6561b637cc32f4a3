import { useState } from 'react';

import type { SessionView } from '../api/types';
import type { CallHandle } from '../call/useCall';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Problem } from '../ui/parts';
import { Asked } from './Asked';
import { Controls } from './Controls';
import { DocumentView } from './DocumentView';
import { CallNote, HandedBack } from './OtherOfficials';
import { LineNotice } from './LineNotice';
import { Outside } from './Outside';
import { RoomMicrophone } from './RoomMicrophone';
import { SessionHead } from './SessionHead';
import { Stage } from './Stage';
import { isQuiet, mineOf } from './useSessionCall';
import { useSessionKeys } from './useSessionKeys';

/** How this person goes: the clerk ends the session for all, the officer leaves it. */
export interface Ending {
  testId: string;
  label: string;
  question: string;
  consequence: string;
  act: () => Promise<unknown>;
}

/** The conversation as an official sees it: the stage, one's own devices, and the way out after a question. */
export function CallCard({ session, handle, ending }: { session: SessionView; handle: CallHandle; ending: Ending }) {
  const acting = useAction();
  const [asking, setAsking] = useState(false);
  useSessionKeys(session, handle);
  return (
    <div className="card stack">
      <SessionHead session={session} />
      <CallNote session={session} />
      <HandedBack session={session} />
      {session.door ? (
        session.handed_back ? null : (
          <Outside session={session} />
        )
      ) : (
        <>
          <DocumentView session={session} handle={handle} />
          <Stage
            handle={handle}
            people={session.participants}
            spotlight={session.spotlight}
            quiet={isQuiet(session)}
            compact={session.shown !== null}
          />
          <LineNotice handle={handle} people={session.participants} />
          <Asked session={session} handle={handle} />
          <Controls handle={handle} mine={mineOf(session)} keys />
          <RoomMicrophone session={session} />
        </>
      )}
      <Problem error={acting.error} />
      <div className="controls">
        <button
          type="button"
          className="button danger"
          data-testid={ending.testId}
          disabled={acting.busy}
          onClick={() => setAsking(true)}
        >
          <Icon name="end" /> {ending.label}
        </button>
      </div>
      <Confirm
        open={asking}
        title={ending.question}
        confirm={ending.label}
        danger
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          void acting.run(ending.act);
        }}
      >
        <p>{ending.consequence}</p>
      </Confirm>
    </div>
  );
}
