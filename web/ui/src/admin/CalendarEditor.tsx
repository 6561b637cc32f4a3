import { useState } from 'react';

import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { Field, IconButton } from '../ui/parts';
import { NEW_CALENDAR, replaced, tidyTime, without } from './documents';
import { idOf, Toggle, useProblem, Wrong } from './parts';
import type { Calendar, Hours } from './types';

const WORKDAYS = 5;

/** A calendar of its own, or what stands above it. */
export function OwnCalendar({
  own,
  none,
  calendar,
  onChange,
}: {
  own: string;
  none: string;
  calendar: Calendar | null;
  onChange: (calendar: Calendar | null) => void;
}) {
  const { t } = useTexts();
  return (
    <fieldset>
      <legend className="hidden">{t('hoursTitle')}</legend>
      <label className="check">
        <input type="radio" name="own-hours" checked={calendar === null} onChange={() => onChange(null)} />
        {none}
      </label>
      <label className="check">
        <input
          type="radio"
          name="own-hours"
          data-testid="own-hours"
          checked={calendar !== null}
          onChange={() => onChange(calendar ?? NEW_CALENDAR)}
        />
        {own}
      </label>
    </fieldset>
  );
}

/** The week, the days that differ, the public holidays. */
export function CalendarEditor({ path, calendar, onChange }: { path: string; calendar: Calendar; onChange: (calendar: Calendar) => void }) {
  const { t, lang } = useTexts();
  const dayName = new Intl.DateTimeFormat(lang, { weekday: 'long', timeZone: 'UTC' });
  const put = (day: number, hours: Hours[]) => onChange({ ...calendar, week: replaced(calendar.week, day, hours) });
  const first = calendar.week[0] ?? [];
  return (
    <div className="stack">
      <Wrong path={`${path}.week`} />
      <ul className="stack tight">
        {calendar.week.map((hours, day) => {
          // 1 January 2024 was a Monday
          const name = dayName.format(Date.UTC(2024, 0, 1 + day));
          return (
            <li key={day} className="day">
              <strong>{name}</strong>
              <DayHours path={`${path}.week.${day}`} day={name} hours={hours} onChange={(next) => put(day, next)} />
            </li>
          );
        })}
      </ul>
      <div>
        <button
          type="button"
          className="button"
          onClick={() => onChange({ ...calendar, week: calendar.week.map((hours, day) => (day < WORKDAYS ? first : hours)) })}
        >
          {t('hoursCopy')}
        </button>
      </div>
      <Toggle
        label={t('holidays')}
        hint={t('holidaysHint')}
        checked={calendar.holidays}
        onChange={(holidays) => onChange({ ...calendar, holidays })}
      />
      <Exceptions path={`${path}.exceptions`} calendar={calendar} onChange={onChange} />
    </div>
  );
}

function Exceptions({ path, calendar, onChange }: { path: string; calendar: Calendar; onChange: (calendar: Calendar) => void }) {
  const { t, lang } = useTexts();
  const [date, setDate] = useState('');
  const put = (exceptions: Record<string, Hours[]>) => onChange({ ...calendar, exceptions });
  const dates = Object.keys(calendar.exceptions).sort();
  const shown = new Intl.DateTimeFormat(lang, { dateStyle: 'full', timeZone: 'UTC' });
  const add = () => {
    if (date && !(date in calendar.exceptions)) put({ ...calendar.exceptions, [date]: [] });
    setDate('');
  };
  return (
    <fieldset className="stack tight">
      <legend>{t('exceptions')}</legend>
      <p className="hint">{t('exceptionsHint')}</p>
      <Wrong path={path} />
      <ul className="stack tight">
        {dates.map((each) => {
          const name = Number.isNaN(Date.parse(each)) ? each : shown.format(Date.parse(each));
          return (
            <li key={each} className="day" data-testid={`exception-${each}`}>
              <span className="row apart">
                <strong>{name}</strong>
                <IconButton
                  icon="remove"
                  label={t('exceptionRemove', { day: name })}
                  quiet
                  onClick={() => put(Object.fromEntries(Object.entries(calendar.exceptions).filter(([known]) => known !== each)))}
                />
              </span>
              <Wrong path={`${path}.${each}`} />
              <DayHours
                path={`${path}.${each}`}
                day={name}
                hours={calendar.exceptions[each] ?? []}
                onChange={(hours) => put({ ...calendar.exceptions, [each]: hours })}
              />
            </li>
          );
        })}
      </ul>
      <div className="row">
        <Field id="exception-date" label={t('exceptionDate')}>
          <input id="exception-date" type="date" value={date} onChange={(event) => setDate(event.target.value)} />
        </Field>
        <button type="button" className="button foot" data-testid="exception-add" disabled={!date} onClick={add}>
          <Icon name="add" /> {t('exceptionAdd')}
        </button>
      </div>
    </fieldset>
  );
}

/** One day's intervals; none: closed. */
function DayHours({ path, day, hours, onChange }: { path: string; day: string; hours: Hours[]; onChange: (hours: Hours[]) => void }) {
  const { t } = useTexts();
  const last = hours[hours.length - 1];
  const next: Hours = last ? { opens: last.closes, closes: '' } : { opens: '08:30', closes: '17:00' };
  return (
    <div className="hours">
      {hours.length === 0 ? <span className="quiet">{t('dayClosed')}</span> : null}
      {hours.map((each, number) => (
        <span key={number} className="interval">
          <Time
            path={`${path}.${number}.opens`}
            label={t('opens', { day, n: number + 1 })}
            value={each.opens}
            onChange={(opens) => onChange(replaced(hours, number, { ...each, opens }))}
          />
          –
          <Time
            path={`${path}.${number}.closes`}
            label={t('closes', { day, n: number + 1 })}
            value={each.closes}
            onChange={(closes) => onChange(replaced(hours, number, { ...each, closes }))}
          />
          <IconButton icon="remove" label={t('intervalRemove', { day, n: number + 1 })} quiet onClick={() => onChange(without(hours, number))} />
        </span>
      ))}
      <IconButton icon="add" label={t('intervalAdd', { day })} quiet onClick={() => onChange([...hours, next])} />
      {hours.map((_, number) => (
        <TimeProblems key={number} path={`${path}.${number}`} />
      ))}
    </div>
  );
}

function Time({ path, label, value, onChange }: { path: string; label: string; value: string; onChange: (time: string) => void }) {
  const wrong = useProblem(path) !== null;
  return (
    <input
      id={idOf(path)}
      className={wrong ? 'time time-wrong' : 'time'}
      inputMode="numeric"
      placeholder="00:00"
      aria-label={label}
      aria-invalid={wrong}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onBlur={() => tidyTime(value) !== value && onChange(tidyTime(value))}
    />
  );
}

function TimeProblems({ path }: { path: string }) {
  const [opens, closes] = [useProblem(`${path}.opens`), useProblem(`${path}.closes`)];
  return (
    <>
      {opens ? <span className="wrong">{opens}</span> : null}
      {closes ? <span className="wrong">{closes}</span> : null}
    </>
  );
}
