import { useEffect, useRef } from 'react';

import { api, live } from '../app';
import { useTexts } from '../i18n';
import { notify, ring } from '../ui/ring';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { type Ringing, ringing } from './planned';

/** Reminders and callbacks whose turn has come: shown and heard until handled; silent while a session runs. */
export function Rings({ silent }: { silent: boolean }) {
  const { appointments, callbacks } = useStore(live.state);
  const found = ringing(appointments, callbacks);
  const sounds = found.length > 0 && !silent;
  useEffect(() => (sounds ? ring() : undefined), [sounds]);
  if (found.length === 0) return null;
  return (
    <div className="stack tight rings">
      {found.map((each) => (
        <Ring key={each.item.id} ringing={each} />
      ))}
    </div>
  );
}

function Ring({ ringing: { kind, item } }: { ringing: Ringing }) {
  const { t, of, word, time } = useTexts();
  const { groups } = useStore(live.state);
  const acting = useAction();
  const group = groups.find((each) => each.id === item.group_id);
  const name = group ? of(group.name) : '';
  const title =
    kind === 'callback' ? t('callbackTurn', { group: name }) : t('reminder', { time: time(item.starts_at_ms), group: name });
  const said = useRef(title);

  useEffect(() => {
    const notice = notify(said.current, item.point_name, `planned-${item.id}`);
    return () => notice?.close();
  }, [item.id, item.point_name]);

  const here = () => (kind === 'callback' ? api.callback(item.id, 'confirm') : api.appointment(item.id, 'arrived'));
  const other = () => (kind === 'callback' ? api.callback(item.id, 'not-there') : api.appointment(item.id, 'seen'));
  return (
    <section className="card ringing stack tight" role="alert" data-testid={`ring-${item.id}`} data-kind={kind}>
      <h2>
        <Icon name="ringing" /> {title}
      </h2>
      <p className="row quiet">
        {kind === 'callback' && item.ticket ? <span className="ticket">{item.ticket}</span> : null}
        <span>{word('', item.pak)}</span>
        {item.client.label ? <span>{t('clientLabel', { label: item.client.label })}</span> : null}
        <span>{item.point_name}</span>
        {kind === 'callback' ? <span>{t('callbackTry', { n: item.tries })}</span> : null}
      </p>
      <Problem error={acting.error} />
      <div className="row">
        <button
          type="button"
          className="button primary"
          data-testid={`here-${item.id}`}
          disabled={acting.busy}
          onClick={() => void acting.run(here)}
        >
          <Icon name="check" /> {t('clientHere')}
        </button>
        <button
          type="button"
          className="button"
          data-testid={`other-${item.id}`}
          disabled={acting.busy}
          onClick={() => void acting.run(other)}
        >
          {kind === 'callback' ? t('clientNotHere') : t('understood')}
        </button>
      </div>
    </section>
  );
}
