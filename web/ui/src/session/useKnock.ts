import { useEffect } from 'react';

import type { SessionView } from '../api/types';
import { acts } from './acts';

/** Tells the moderator that somebody stands before the door, and that they do not any more. */
export function useKnock(session: SessionView | null, here: boolean): void {
  const id = session?.door && !session.door.held ? session.id : null;
  useEffect(() => {
    if (!id || !here) return;
    // a knock that was not heard is no reason to alarm the one who waits; the next view tells
    void acts.knock(id, true).catch(() => undefined);
    return () => void acts.knock(id, false).catch(() => undefined);
  }, [id, here]);
}
