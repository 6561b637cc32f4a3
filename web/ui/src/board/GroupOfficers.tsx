import { useState } from 'react';

import type { OfficerCard } from '../api/types';
import { api, live } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Confirm, Indicator, Problem } from '../ui/parts';
import { choicesFor } from './queue';
import type { Deed } from './QueuePage';

const DEEDS = { available: 'makeAvailable', away: 'makeAway', offline: 'makeOffline' } as const;

/** The group's officers with what they do now; their switch can be moved, and they are told. */
export function GroupOfficers({ officers, onDone }: { officers: OfficerCard[]; onDone: (deed: Deed) => void }) {
  const { t } = useTexts();
  return (
    <section className="card stack" aria-label={t('officersOf')}>
      <h2>{t('officersOf')}</h2>
      {officers.length === 0 ? <p className="quiet">{t('officersOfNone')}</p> : null}
      <ul className="stack tight">
        {officers.map((officer) => (
          <Row key={officer.id} officer={officer} onDone={onDone} />
        ))}
      </ul>
    </section>
  );
}

function Row({ officer, onDone }: { officer: OfficerCard; onDone: (deed: Deed) => void }) {
  const { t, word } = useTexts();
  const acting = useAction();
  const [asking, setAsking] = useState(false);
  const choices = choicesFor(officer);
  const choose = (choice: 'available' | 'away' | 'offline') => {
    setAsking(false);
    void acting.run(async () => {
      const card = await api.setState(officer.id, choice);
      live.state.update((state) => ({
        ...state,
        officers: state.officers.map((each) => (each.id === card.id ? card : each)),
      }));
      onDone({ text: t('did_state', { officer: officer.name, state: word('ind_', choice) }) });
    });
  };
  return (
    <li className="queue-officer" data-testid={`officer-${officer.id}`}>
      <span>
        <strong>{officer.name}</strong>
        <br />
        <Indicator name={officer.indicator} reason={officer.reason} id={officer.id} />
      </span>
      {choices.length > 0 ? (
        <button
          type="button"
          className="button"
          data-testid={`state-${officer.id}`}
          aria-label={t('changeStateOf', { name: officer.name })}
          disabled={acting.busy}
          onClick={() => setAsking(true)}
        >
          {t('changeState')}
        </button>
      ) : null}
      <Problem error={acting.error} />
      <Confirm open={asking} title={t('changeStateOf', { name: officer.name })} onClose={() => setAsking(false)}>
        <p>{t('changeStateText')}</p>
        {choices.map((each) => (
          <button key={each} type="button" className="button" data-testid={`make-${each}`} onClick={() => choose(each)}>
            {t(DEEDS[each])}
          </button>
        ))}
      </Confirm>
    </li>
  );
}
