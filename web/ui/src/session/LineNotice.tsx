import { useEffect, useState } from 'react';

import type { Participant } from '../api/types';
import { followLines, type Told } from '../call/line';
import type { CallHandle } from '../call/useCall';
import { type Key, useTexts } from '../i18n';
import { Icon } from '../ui/Icon';

/** Whose line is slow or down, and what helps. Sound needs little: the first advice is to go without pictures. */
export function LineNotice({
  handle,
  people,
  client,
}: {
  handle: CallHandle;
  people: Participant[];
  /** said to a client, who cannot mend a line: beside a clerk, or at home */
  client?: 'here' | 'home';
}) {
  const { t, word } = useTexts();
  const { state, call } = handle;
  const told = useLines(handle);
  const bad = state.seats.filter((seat) => (told.get(seat.identity)?.said ?? 'fine') !== 'fine');
  if (bad.length === 0) return null;
  const nameOf = (identity: string) => {
    const person = people.find((each) => each.identity === identity);
    return person?.name || word('person_', person?.role ?? '');
  };
  return (
    <div className="notice stack tight" role="status" data-testid="line-notice">
      {bad.map((seat) => {
        const line = told.get(seat.identity)?.said === 'lost' ? 'lost' : 'slow';
        const name = nameOf(seat.identity);
        return (
          <p key={seat.identity} data-testid={`line-${seat.identity}`} data-line={line} data-mine={seat.local}>
            <strong>{seat.local ? t('lineSlowMine') : t(line === 'lost' ? 'lineLost' : 'lineSlow', { name })}</strong>{' '}
            {t(helpOf(seat.local, line, client))}
          </p>
        );
      })}
      {state.audioOnly ? null : (
        <div className="row">
          <button type="button" className="button" data-testid="line-audio-only" onClick={() => void call?.audioOnly(true)}>
            <Icon name="volume" /> {t('audioOnly')}
          </button>
        </div>
      )}
    </div>
  );
}

function helpOf(mine: boolean, line: 'lost' | 'slow', client?: 'here' | 'home'): Key {
  if (mine) return client === 'here' ? 'lineSlowMineHere' : client === 'home' ? 'lineSlowMineHome' : 'lineSlowMineHelp';
  if (client) return line === 'lost' ? 'lineLostClient' : 'lineSlowClient';
  return line === 'lost' ? 'lineLostHelp' : 'lineSlowHelp';
}

function useLines({ state }: CallHandle): ReadonlyMap<string, Told> {
  const [told, setTold] = useState<ReadonlyMap<string, Told>>(new Map());
  const { seats } = state;
  const troubled = seats.some((seat) => seat.line !== 'fine') || [...told.values()].some((each) => each.said !== 'fine');
  useEffect(() => {
    const look = () => setTold((before) => followLines(before, seats, Date.now()));
    look();
    if (!troubled) return;
    const timer = setInterval(look, 1_000);
    return () => clearInterval(timer);
  }, [seats, troubled]);
  return told;
}
