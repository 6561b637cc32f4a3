import { type FormEvent, useEffect, useState } from 'react';

import { ApiError } from '../api/client';
import type { Started } from '../api/devices';
import { api } from '../app';
import { useTexts } from '../i18n';
import { start } from '../pages/start';
import { Languages } from '../pages/TopBar';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';
import { Device } from './device';

interface Asked {
  device: Device;
  started: Started;
  untilMs: number;
}

/** A computer that nobody knows yet: it says where it stands, shows a code, and waits for a clerk of that place. */
export function Enrol({ demo, revoked }: { demo: boolean; revoked: boolean }) {
  const { t } = useTexts();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [over, setOver] = useState<ApiError | null>(null);
  return (
    <div className="kiosk">
      <header className="topbar">
        <span className="brand">
          <img src="/favicon.svg" alt="" /> {t('app')}
        </span>
        <span className="grow" />
        <Languages />
      </header>
      <main id="content" aria-label={t('enrolTitle')}>
        <h1>{t('enrolTitle')}</h1>
        {revoked ? <p className="notice">{t('enrolRevoked')}</p> : null}
        <Problem error={over} />
        {asked ? (
          <Waiting
            asked={asked}
            onOver={(error) => {
              setAsked(null);
              setOver(error);
            }}
          />
        ) : (
          <Where
            onAsked={(next) => {
              setOver(null);
              setAsked(next);
            }}
          />
        )}
        {demo && !asked ? (
          <p>
            {t('enrolDemo')} <a href="/sign-in">{t('enrolDemoLink')}</a>
          </p>
        ) : null}
      </main>
    </div>
  );
}

function Where({ onAsked }: { onAsked: (asked: Asked) => void }) {
  const { t } = useTexts();
  const [places, setPlaces] = useState<{ id: string; name: string }[]>([]);
  const [place, setPlace] = useState('');
  const [name, setName] = useState('');
  const { run, busy, error } = useAction();
  useEffect(() => {
    void run(async () => {
      const found = (await api.places()).places;
      setPlaces([...found].sort((one, other) => one.name.localeCompare(other.name, 'lv')));
    });
  }, [run]);
  const ask = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const device = await Device.fresh();
      const started = await device.start(api, place, name);
      onAsked({ device, started, untilMs: Date.now() + started.expires_in * 1000 });
    });
  };
  return (
    <form className="stack enrol" onSubmit={ask}>
      <p>{t('enrolText')}</p>
      <Problem error={error} />
      <Field id="enrol-place" label={t('enrolPlace')}>
        <select id="enrol-place" data-testid="enrol-place" required value={place} onChange={(event) => setPlace(event.target.value)}>
          <option value="">{t('choose')}</option>
          {places.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      </Field>
      <Field id="enrol-name" label={t('enrolName')} hint={t('enrolNameHint')}>
        <input
          id="enrol-name"
          data-testid="enrol-name"
          aria-describedby="enrol-name-hint"
          required
          maxLength={100}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <button type="submit" className="button primary big" data-testid="enrol-ask" disabled={busy || !place || !name.trim()}>
        {t('enrolAsk')}
      </button>
    </form>
  );
}

function Waiting({ asked, onOver }: { asked: Asked; onOver: (error: ApiError) => void }) {
  const { t, duration } = useTexts();
  const { device, started, untilMs } = asked;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    let timer = 0;
    let stopped = false;
    const poll = async (wait: number) => {
      try {
        await device.collect(api, started.device_code);
        if (!stopped) await start();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // Waiting on is right for what may pass: nobody confirmed yet, asked too soon, no line.
        if (stopped) return;
        if (error.retryable) timer = window.setTimeout(() => void poll(error.code === 'slow_down' ? wait + 2_000 : wait), wait);
        else onOver(error);
      }
    };
    timer = window.setTimeout(() => void poll(started.interval * 1000), started.interval * 1000);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [device, started, onOver]);
  return (
    <div className="stack" data-testid="enrol-waiting">
      <dl className="enrol-code">
        <div>
          <dt>{t('enrolCode')}</dt>
          <dd className="code" data-testid="enrol-user-code">
            {started.user_code}
          </dd>
        </div>
        <div>
          <dt>{t('enrolNumber')}</dt>
          <dd className="code" data-testid="enrol-number">
            {started.number}
          </dd>
        </div>
      </dl>
      <p>{t('enrolTell')}</p>
      <p>{t('enrolWaiting', { time: duration(Math.max(0, untilMs - now) / 1000) })}</p>
    </div>
  );
}
