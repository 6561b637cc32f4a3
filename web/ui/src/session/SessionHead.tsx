import { useEffect, useRef } from 'react';

import type { SessionView } from '../api/types';
import { useTexts } from '../i18n';
import { useNow } from '../ui/hooks';

/** What the session is about, its state and how long it runs. */
export function SessionHead({ session }: { session: SessionView }) {
  const { t, of, word, duration } = useTexts();
  const now = useNow(session.state !== 'ended');
  const heading = useRef<HTMLHeadingElement>(null);
  // On a small screen one is somewhere below, at the form that was just sent: the conversation must not begin unseen.
  useEffect(() => {
    heading.current?.scrollIntoView({ block: 'nearest' });
  }, [session.id]);
  const from = session.opened_at_ms ?? now;
  const until = session.ended_at_ms ?? now;
  return (
    <div className="row apart">
      <h2 ref={heading}>{session.topic ? of(session.topic) : t('session')}</h2>
      <span className="quiet">
        {session.pak ? word('', session.pak) : ''} · <strong data-testid="session-state">{t(`session_${session.state}`)}</strong> ·{' '}
        {duration((until - from) / 1000)}
      </span>
    </div>
  );
}
