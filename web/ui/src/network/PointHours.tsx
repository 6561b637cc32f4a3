import { useTexts } from '../i18n';
import './network.css';
import type { Opening } from './points';
import { IconButton } from '../ui/parts';

const WEEK = [1, 2, 3, 4, 5, 6, 7];
const USUAL = { opens: '08:00', closes: '17:00' };

/** A point's week: no time, one or several a day. */
export function PointHours({ hours, onChange }: { hours: Opening[]; onChange: (hours: Opening[]) => void }) {
  const { t, lang } = useTexts();
  // 2026-06-01 is a Monday
  const name = (weekday: number) => new Intl.DateTimeFormat(lang, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2026, 5, weekday));
  const of = (weekday: number) => hours.filter((each) => each.weekday === weekday);
  const put = (weekday: number, day: Opening[]) => onChange([...hours.filter((each) => each.weekday !== weekday), ...day].sort((one, other) => one.weekday - other.weekday));
  const monday = of(1);
  return (
    <fieldset className="stack tight" data-testid="point-hours">
      <legend>{t('pointHours')}</legend>
      <ul className="week-hours">
        {WEEK.map((weekday) => {
          const day = name(weekday);
          const intervals = of(weekday);
          const last = intervals[intervals.length - 1];
          const change = (n: number, part: Partial<Opening>) => put(weekday, intervals.map((each, number) => (number === n ? { ...each, ...part } : each)));
          return (
            <li key={weekday}>
              <span>{day}</span>
              <span className="row">
                {intervals.length === 0 ? <span className="quiet">{t('dayClosed')}</span> : null}
                {intervals.map((each, n) => (
                  <span key={n} className="interval">
                    <input type="time" required aria-label={t('opens', { day, n: n + 1 })} value={each.opens} onChange={(event) => change(n, { opens: event.target.value })} />
                    –
                    <input type="time" required aria-label={t('closes', { day, n: n + 1 })} value={each.closes} min={each.opens} onChange={(event) => change(n, { closes: event.target.value })} />
                    <IconButton
                      icon="remove"
                      label={t('intervalRemove', { day, n: n + 1 })}
                      quiet
                      onClick={() => put(weekday, intervals.filter((_, number) => number !== n))}
                    />
                  </span>
                ))}
                <IconButton
                  icon="add"
                  label={t('intervalAdd', { day })}
                  quiet
                  data-testid={`hours-add-${weekday}`}
                  onClick={() => put(weekday, [...intervals, last ? { weekday, opens: last.closes, closes: '' } : { weekday, ...USUAL }])}
                />
              </span>
            </li>
          );
        })}
      </ul>
      {monday.length > 0 ? (
        <button
          type="button"
          className="button start"
          data-testid="hours-copy"
          onClick={() => onChange([...WEEK.slice(0, 5).flatMap((weekday) => monday.map((each) => ({ ...each, weekday }))), ...hours.filter((each) => each.weekday > 5)])}
        >
          {t('hoursCopy')}
        </button>
      ) : null}
    </fieldset>
  );
}

/** What a point has for its clients. */
export function PointEquipment({ all, has, onChange }: { all: string[]; has: string[]; onChange: (has: string[]) => void }) {
  const { t, word } = useTexts();
  return (
    <fieldset className="stack tight" data-testid="point-equipment">
      <legend>{t('pointEquipment')}</legend>
      <div className="row">
        {all.map((each) => (
          <label key={each} className="check">
            <input
              type="checkbox"
              checked={has.includes(each)}
              onChange={(event) => onChange(all.filter((other) => (other === each ? event.target.checked : has.includes(other))))}
            />
            {word('equipment_', each)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
