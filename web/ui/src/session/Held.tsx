import { useEffect, useRef } from 'react';

import type { SessionView } from '../api/types';
import { live } from '../app';
import { useTexts } from '../i18n';
import { toFront } from '../live/state';
import { announce } from '../ui/announce';
import { Icon } from '../ui/Icon';

/** Views that stay where they are while sessions take turns: a picture that is moved about stops. */
export function byId(a: SessionView, b: SessionView): number {
  return a.id.localeCompare(b.id);
}

/** Sessions that run beside the one in front: silent and unseen, one click away. */
export function Held({ sessions }: { sessions: SessionView[] }) {
  const { t, of } = useTexts();
  const before = useRef(new Set<string>());
  useEffect(() => {
    for (const each of sessions) {
      if (!before.current.has(each.id)) announce(t('heldSay', { ticket: each.ticket ?? '', topic: of(each.topic) }));
    }
    before.current = new Set(sessions.map((each) => each.id));
  }, [sessions, t, of]);
  if (sessions.length === 0) return null;
  return (
    <section className="notice stack tight" aria-label={t('held')} data-testid="held">
      {sessions.map((each) => (
        <div key={each.id} className="row apart">
          <span className="line">
            <Icon name="busy" /> <span>{t('heldLine', { ticket: each.ticket ?? '', topic: of(each.topic) })}</span>
          </span>
          <button
            type="button"
            className="button"
            data-testid={`front-${each.id}`}
            onClick={() => live.state.update((state) => toFront(state, each.id))}
          >
            {t('heldCome')}
          </button>
        </div>
      ))}
    </section>
  );
}
