import { useEffect, useId, useState } from 'react';

import type { Explanation, NextStep } from '../api/types';
import { type Key, useTexts } from '../i18n';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';

const AGAIN_MS = 10_000;
/** What happens next at a known time is said here, so that its seconds run. */
const TIMED: Record<string, Key> = {
  ringing: 'then_ringing',
  waits_for_preferred: 'then_waits_for_preferred',
  widens: 'then_widens',
  asks_again: 'then_asks_again',
};

/** "Why are we waiting?": what is so, what happens next and when, and every officer by reason. `now` names the state of
 * the request: when it changes, the explanation is asked for anew. */
export function Why({ ask, now: state, id }: { ask: () => Promise<Explanation>; now: string; id: string }) {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  const region = useId();
  return (
    <div className="stack tight">
      <button
        type="button"
        className="button quiet start"
        aria-expanded={open}
        aria-controls={region}
        data-testid={`why-${id}`}
        onClick={() => setOpen(!open)}
      >
        <Icon name={open ? 'up' : 'down'} /> {t('whyWait')}
      </button>
      <div id={region}>{open ? <Explained ask={ask} state={state} id={id} /> : null}</div>
    </div>
  );
}

function Explained({ ask, state, id }: { ask: () => Promise<Explanation>; state: string; id: string }) {
  const { t, of, duration } = useTexts();
  const asking = useAction();
  const now = useNow();
  const [found, setFound] = useState<Explanation | null>(null);
  const { run } = asking;
  useEffect(() => {
    const look = () => void run(async () => setFound(await ask()));
    look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
    // `ask` is made anew with every view; what it asks about is named by `state`
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [state, run]);
  if (!found) return asking.error ? <Problem error={asking.error} /> : <p className="quiet">{t('loading')}</p>;
  return (
    <div className="why stack tight" data-testid={`explanation-${id}`} data-code={found.next.code}>
      <p>{of(found.summary)}</p>
      <Then next={found.next} otherwise={of(found.then)} />
      <h3>{t('whyWho')}</h3>
      {found.groups.length === 0 ? <p className="quiet">{t('whyNobody')}</p> : null}
      <ul className="stack tight">
        {found.groups.map((group) => (
          <li key={group.why} className="line top" data-why={group.why}>
            <Icon name={group.could ? 'check' : 'remove'} size={16} />
            <span>
              <strong>{of(group.text)}</strong>
              {': '}
              {group.officers.map((each, index) => (
                <span key={each.officer_id}>
                  {index > 0 ? ', ' : ''}
                  {each.name}
                  {each.from_ms ? ` (${t('whyFrom', { time: duration(Math.ceil((each.from_ms - now) / 1000)) })})` : ''}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Then({ next, otherwise }: { next: NextStep; otherwise: string }) {
  const { t, duration } = useTexts();
  const now = useNow();
  const key = TIMED[next.code];
  const text =
    key && next.until_ms
      ? t(key, { name: next.officer_name ?? '', time: duration(Math.ceil((next.until_ms - now) / 1000)) })
      : otherwise;
  return text ? (
    <p className="line">
      <Icon name="away" size={16} /> <span>{text}</span>
    </p>
  ) : null;
}
