import { type FormEvent, useRef, useState } from 'react';

import type { Bilingual } from '../api/types';
import { useTexts } from '../i18n';
import { SlotPicker } from '../planned/SlotPicker';
import { useAction, useNow } from '../ui/hooks';
import { Confirm, Field, Loading, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { identity, panel } from './identity';
import { type Loaded, useWidget, Widget } from './Widget';

interface Coming {
  id: string;
  state: string;
  starts_at_ms: number;
  group_id: string;
  group_name: Bilingual;
  point_name: string;
  address: string;
  home_opens_at_ms: number | null;
  /** it waits for an official, or the conversation goes on */
  running: boolean;
}

interface Past {
  id: string;
  started_ms: number;
  group_name: string;
  point_name: string;
  outcome: string | null;
}

interface Consultations {
  coming: Coming[];
  consultations: Past[];
}

/** What is to come, booked here or by a clerk, and what was; nobody's notes. */
export function ConsultationsWidget() {
  const { t, date, word } = useTexts();
  const company = useStore(identity);
  const source = useWidget<Consultations>('consultations');
  const [booking, setBooking] = useState(false);
  return (
    <Widget name="consultations" source={source}>
      {({ coming, consultations }) => (
        <>
          {company === null ? (
            <>
              <h3>{t('pComing')}</h3>
              {coming.length === 0 ? <p>{t('pComingNone')}</p> : null}
              <ul data-testid="coming">
                {coming.map((each) => (
                  <ComingRow key={each.id} item={each} source={source} />
                ))}
              </ul>
              {booking ? (
                <Booking source={source} onClose={() => setBooking(false)} />
              ) : (
                <div>
                  <button type="button" className="button primary" data-testid="book-open" onClick={() => setBooking(true)}>
                    {t('pBook')}
                  </button>
                </div>
              )}
              <h3>{t('pPast')}</h3>
            </>
          ) : null}
          {consultations.length === 0 ? <p>{t('pConsultationsNone')}</p> : null}
          <ul>
            {consultations.map((each) => (
              <li key={each.id} className="item-row">
                <strong>{each.group_name}</strong> <span className="quiet">{date(each.started_ms)}</span>
                <br />
                <span className="quiet">{[each.point_name, each.outcome ? word('outcome_', each.outcome) : ''].filter(Boolean).join(' · ')}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Widget>
  );
}

function ComingRow({ item, source }: { item: Coming; source: Loaded<Consultations> }) {
  const { t, of, day, time } = useTexts();
  const [asking, setAsking] = useState(false);
  const [moving, setMoving] = useState(false);
  const [slot, setSlot] = useState<number | null>(null);
  const name = `${of(item.group_name)}, ${day(item.starts_at_ms)} ${time(item.starts_at_ms)}`;
  const move = () => {
    if (slot === null) return;
    void source.change(() => panel.send('POST', `appointments/${item.id}/move`, { starts_at_ms: slot })).then((done) => done && setMoving(false));
  };
  return (
    <li className="item-row stack tight" data-testid={`appointment-${item.id}`}>
      <div>
        <strong>{of(item.group_name)}</strong>
        <br />
        {day(item.starts_at_ms)}, {time(item.starts_at_ms)}
        <br />
        <span className="quiet">{item.running ? t('pRunning') : t('pComeTo', { place: [item.point_name, item.address].filter(Boolean).join(', ') })}</span>
        <FromHome item={item} source={source} name={name} />
      </div>
      {item.running ? null : moving ? (
        <>
          <Slots groupId={item.group_id} chosen={slot} onChoose={setSlot} version={0} />
          <div className="row">
            <button type="button" className="button primary" disabled={slot === null || source.acting.busy} onClick={move}>
              {t('pMove')}
            </button>
            <button type="button" className="button" onClick={() => setMoving(false)}>
              {t('cancel')}
            </button>
          </div>
        </>
      ) : (
        <div className="row">
          <button type="button" className="button" aria-label={`${t('pMove')}: ${name}`} onClick={() => setMoving(true)}>
            {t('pMove')}
          </button>
          <button type="button" className="button danger" data-testid="appointment-cancel" aria-label={`${t('pCancel')}: ${name}`} onClick={() => setAsking(true)}>
            {t('pCancel')}
          </button>
        </div>
      )}
      <Confirm
        open={asking}
        title={t('pCancelAsk')}
        confirm={t('pCancel')}
        danger
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          void source.change(() => panel.send('POST', `appointments/${item.id}/cancel`));
        }}
      >
        <p>{name}</p>
      </Confirm>
    </li>
  );
}

/** Where the agency takes clients from home: the session's door, from half an hour before. */
function FromHome({ item, source, name }: { item: Coming; source: Loaded<Consultations>; name: string }) {
  const { t, time } = useTexts();
  const now = useNow(item.home_opens_at_ms !== null);
  if (item.home_opens_at_ms === null) return null;
  if (now < item.home_opens_at_ms) {
    return (
      <>
        <br />
        <span className="quiet">{t('pHomeFrom', { time: time(item.home_opens_at_ms) })}</span>
      </>
    );
  }
  const join = () => void source.acting.run(async () => location.assign((await panel.send<{ url: string }>('POST', `appointments/${item.id}/join`)).url));
  return (
    <p>
      <button type="button" className="button primary" data-testid="join-home" disabled={source.acting.busy} aria-label={`${t('pHomeJoin')}: ${name}`} onClick={join}>
        {t('pHomeJoin')}
      </button>
      <br />
      <span className="hint">{t('pHomeJoinHint')}</span>
    </p>
  );
}

function Slots(props: { groupId: string; chosen: number | null; onChoose: (at: number | null) => void; version: number }) {
  return <SlotPicker {...props} read={(group, from, to) => panel.get(`slots?group=${group}&from=${from}&to=${to}`)} />;
}

interface Bookable {
  groups: { id: string; name: Bilingual; agency: Bilingual }[];
  places: { id: string; name: string; address: string }[];
}

/** What about, where, when. */
function Booking({ source, onClose }: { source: Loaded<Consultations>; onClose: () => void }) {
  const { t, of } = useTexts();
  const offered = useWidget<Bookable>('bookable');
  const [group, setGroup] = useState('');
  const [place, setPlace] = useState('');
  const [slot, setSlot] = useState<number | null>(null);
  const [version, setVersion] = useState(0);
  const booking = useAction();
  const key = useRef(crypto.randomUUID());
  if (offered.error) return <Problem error={offered.error} />;
  if (!offered.found) return <Loading />;
  const { groups, places } = offered.found;
  const agencies = [...new Set(groups.map((each) => of(each.agency)))];
  const book = (event: FormEvent) => {
    event.preventDefault();
    void booking
      .run(() => panel.send('POST', 'appointments', { group_id: group, point_id: place, starts_at_ms: slot }, { 'Idempotency-Key': key.current }))
      .then((done) => {
        // a refused attempt is over; the next one is another
        key.current = crypto.randomUUID();
        if (!done) return setVersion((now) => now + 1);
        void source.reload();
        onClose();
      });
  };
  return (
    <form className="stack tight booking" onSubmit={book} aria-label={t('pBook')}>
      <Problem error={booking.error} />
      <Field id="book-group" label={t('pBookGroup')}>
        <select
          id="book-group"
          required
          value={group}
          onChange={(event) => {
            setGroup(event.target.value);
            setSlot(null);
          }}
        >
          <option value="">{t('pChoose')}</option>
          {agencies.map((agency) => (
            <optgroup key={agency} label={agency}>
              {groups
                .filter((each) => of(each.agency) === agency)
                .map((each) => (
                  <option key={each.id} value={each.id}>
                    {of(each.name)}
                  </option>
                ))}
            </optgroup>
          ))}
        </select>
      </Field>
      <Field id="book-place" label={t('pBookPlace')} hint={t('pBookPlaceHint')}>
        <select id="book-place" required value={place} aria-describedby="book-place-hint" onChange={(event) => setPlace(event.target.value)}>
          <option value="">{t('pChoose')}</option>
          {places.map((each) => (
            <option key={each.id} value={each.id}>
              {[each.name, each.address].filter(Boolean).join(', ')}
            </option>
          ))}
        </select>
      </Field>
      {group ? <Slots groupId={group} chosen={slot} onChoose={setSlot} version={version} /> : null}
      <div className="row">
        <button type="submit" className="button primary" data-testid="book" disabled={slot === null || booking.busy}>
          {t('pBookDo')}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}
