import { useCallback, useEffect, useRef, useState } from 'react';

import type { Slot } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { serverNow, useAction } from '../ui/hooks';
import { Empty, Field, Problem } from '../ui/parts';
import { byDay, stillFree } from './planned';

type Source = (groupId: string, from: number, to: number) => Promise<{ slots: Slot[] }>;

const readAsClerk: Source = (groupId, from, to) => api.slots(groupId, from, to);

const AHEAD_MS = 14 * 86_400_000;

/** A day, then a time of a group; says itself which one is chosen. `version` changes when the list is to be read anew. */
export function SlotPicker({
  groupId,
  chosen,
  onChoose,
  version,
  read: source = readAsClerk,
}: {
  groupId: string;
  chosen: number | null;
  onChoose: (startsAtMs: number | null) => void;
  version: number;
  /** Where the slots are read; a clerk's own way when nothing is said. */
  read?: Source;
}) {
  const { t, day, time } = useTexts();
  const reading = useAction();
  const { run } = reading;
  const [slots, setSlots] = useState<Slot[] | null>(null);
  const [shown, setShown] = useState('');
  const ask = useRef(source);
  const read = useCallback(
    () =>
      run(async () => {
        const now = serverNow();
        setSlots((await ask.current(groupId, now, now + AHEAD_MS)).slots);
      }),
    [run, groupId],
  );
  useEffect(() => {
    void read();
  }, [read, version]);
  useEffect(() => {
    if (slots && chosen !== null && stillFree(slots, chosen) === null) onChoose(null);
  }, [slots, chosen, onChoose]);

  const days = byDay(slots ?? []);
  const open = days.find((each) => each.key === shown) ?? days[0];
  if (reading.error) return <Problem error={reading.error} />;
  if (slots === null) return <p className="hint">{t('loading')}</p>;
  if (!open) return <Empty icon="away">{t('bookNone')}</Empty>;
  return (
    <div className="stack tight" data-testid="slot-picker">
      <Field id="slot-day" label={t('bookDay')}>
        <select
          id="slot-day"
          value={open.key}
          onChange={(event) => {
            setShown(event.target.value);
            onChoose(null);
          }}
        >
          {days.map((each) => (
            <option key={each.key} value={each.key}>
              {day(each.at)}
            </option>
          ))}
        </select>
      </Field>
      <div className="slots" role="group" aria-label={t('bookTime')}>
        {open.items.map((slot) => (
          <button
            key={slot.starts_at_ms}
            type="button"
            className="button"
            data-testid={`slot-${slot.starts_at_ms}`}
            aria-pressed={slot.starts_at_ms === chosen}
            onClick={() => onChoose(slot.starts_at_ms)}
          >
            {time(slot.starts_at_ms)}
          </button>
        ))}
      </div>
    </div>
  );
}
