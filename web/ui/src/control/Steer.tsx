import type { Track } from 'livekit-client';
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';

import type { ControlInput, DesktopAct } from '../api/control';
import type { SessionView } from '../api/types';
import { api, me } from '../app';
import type { CallHandle } from '../call/useCall';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { useLent } from './Lend';
import { Sender } from './sender';

const POINT_MS = 60;
/** A wheel's turn in pixels that is one step of it. */
const WHEEL_STEP = 60;
/** As X counts them; a browser's buttons beyond the third are others. */
const BUTTONS = [1, 2, 3];
const WHEEL_UP = 4;
const WHEEL_DOWN = 5;

/** An official who needs to see what the client sees asks for it; in portal support that is what the call is for. */
export function AskToSee({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const lent = useLent(session);
  const acting = useAction();
  if (lent || session.workstation?.state !== 'in_session') return null;
  const waits = session.wish?.identity === session.identity;
  return (
    <section className="card stack tight" aria-label={t('askToSee')} data-testid="ask-to-see">
      {session.pak === 'PAK_05' ? <p>{t('portalOfficer')}</p> : null}
      <Problem error={acting.error} />
      {waits ? <p role="status">{t('wishSent')}</p> : null}
      <div className="row">
        <button
          type="button"
          className={session.pak === 'PAK_05' ? 'button primary' : 'button'}
          data-testid="wish-view"
          disabled={acting.busy || waits}
          onClick={() => void acting.run(() => api.wishControl(session.id, 'view'))}
        >
          <Icon name="screen" /> {t('askToSee')}
        </button>
      </div>
    </section>
  );
}

/** The official's side of a workstation that they were lent: its screen, and what they may do with it. */
export function Steer({ session, handle }: { session: SessionView; handle: CallHandle }) {
  const { t, time } = useTexts();
  const lent = useLent(session);
  const acting = useAction();
  const stopping = useAction();
  const working = useAction();
  const { run } = working;
  const sender = useMemo(
    () => new Sender((acts) => run(() => api.steer(session.id, { kind: 'desktop', acts }))),
    [run, session.id],
  );
  if (!lent || lent.identity !== session.identity) return null;
  const client = session.participants.find((each) => each.role === 'citizen')?.identity;
  const screen = handle.state.seats.find((seat) => seat.identity === client)?.screen ?? null;
  const send = (input: ControlInput) => void acting.run(() => api.steer(session.id, input));
  return (
    <section className="card stack" aria-labelledby="steer-title" data-testid="steer" data-level={lent.level}>
      <div className="row apart">
        <h2 id="steer-title">
          <Icon name="screen" /> {t(`steer_${lent.level}`, { time: time(lent.until_ms) })}
        </h2>
        <button type="button" className="button" data-testid="steer-stop" disabled={stopping.busy} onClick={() => void stopping.run(() => api.stopControl(session.id))}>
          {t('steerDone')}
        </button>
      </div>
      <Problem error={stopping.error ?? acting.error ?? working.error} />
      {screen ? (
        <Surface
          track={screen}
          level={lent.level}
          onPoint={(x, y) => handle.call?.pass({ topic: 'pointer', x, y })}
          onMark={(x, y, w, h) => send({ kind: 'highlight', x, y, w, h })}
          onDesktop={(acts) => sender.add(acts)}
        />
      ) : (
        <p className="notice">{t('steerNoScreen')}</p>
      )}
      {lent.level === 'view' ? null : <Offers send={send} busy={acting.busy} />}
    </section>
  );
}

function Offers({ send, busy }: { send: (input: ControlInput) => void; busy: boolean }) {
  const { t } = useTexts();
  const who = useStore(me);
  const addresses = who?.guide_addresses ?? [];
  const [address, setAddress] = useState(addresses[0] ?? '');
  return (
    <div className="stack tight">
      <div className="row">
        {(['normal', 'large', 'larger'] as const).map((size) => (
          <button key={size} type="button" className="button" data-testid={`steer-zoom-${size}`} onClick={() => send({ kind: 'zoom', size })}>
            {t(`steerZoom_${size}`)}
          </button>
        ))}
        {(['lv', 'en'] as const).map((language) => (
          <button key={language} type="button" className="button" data-testid={`steer-language-${language}`} onClick={() => send({ kind: 'language', language })}>
            {t(`steerLanguage_${language}`)}
          </button>
        ))}
      </div>
      <form
        className="row steer-offer"
        onSubmit={(event) => {
          event.preventDefault();
          send({ kind: 'open', address });
        }}
      >
        <Field id="steer-address" label={t('steerAddress')}>
          <input
            id="steer-address"
            data-testid="steer-address"
            type="url"
            list="steer-addresses"
            maxLength={500}
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
        </Field>
        <datalist id="steer-addresses">
          {addresses.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <button type="submit" className="button" data-testid="steer-open" disabled={busy || !address}>
          {t('steerOpen')}
        </button>
      </form>
    </div>
  );
}

interface SurfaceProps {
  track: Track;
  level: 'view' | 'guide' | 'control';
  onPoint: (x: number, y: number) => void;
  onMark: (x: number, y: number, w: number, h: number) => void;
  onDesktop: (acts: DesktopAct[]) => void;
}

/** The client's screen. Guiding, the pointer is shown there and a drag marks; in control, mouse and keys go there. */
function Surface({ track, level, onPoint, onMark, onDesktop }: SurfaceProps) {
  const { t } = useTexts();
  const video = useRef<HTMLVideoElement>(null);
  const from = useRef<{ x: number; y: number } | null>(null);
  const last = useRef(0);
  const held = useRef(new Set<string>());
  const turned = useRef(0);
  const place = useRef<HTMLDivElement>(null);
  const desktop = level === 'control';
  useEffect(() => {
    const element = place.current;
    if (!element || !desktop) return;
    // not as a handler of React: those cannot keep the page itself from scrolling
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      turned.current += event.deltaY;
      const steps = Math.trunc(turned.current / WHEEL_STEP);
      if (steps === 0) return;
      turned.current -= steps * WHEEL_STEP;
      const spot = placeOf(event, element);
      const one = { do: 'button', ...spot, number: steps < 0 ? WHEEL_UP : WHEEL_DOWN } as const;
      onDesktop(Array.from({ length: Math.abs(steps) }, () => [{ ...one, down: true }, { ...one, down: false }]).flat());
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, [desktop, onDesktop]);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    track.attach(element);
    return () => void track.detach(element);
  }, [track]);
  const at = (event: PointerEvent) => placeOf(event, event.currentTarget);
  const button = (event: PointerEvent, down: boolean) => {
    const number = BUTTONS[event.button];
    if (number === undefined) return;
    // what is dragged out of the picture is let go wherever the mouse is
    if (down) event.currentTarget.setPointerCapture(event.pointerId);
    onDesktop([{ do: 'button', ...at(event), number, down }]);
  };
  const key = (event: KeyboardEvent, down: boolean) => {
    // Tab leads on, so that nobody is caught here who has no mouse.
    if (!desktop || event.key === 'Tab') return;
    event.preventDefault();
    const name = event.key.slice(0, 24);
    if (down) held.current.add(name);
    else held.current.delete(name);
    onDesktop([{ do: 'key', key: name, down }]);
  };
  const letGo = () => {
    const keys = [...held.current];
    held.current.clear();
    if (keys.length > 0) onDesktop(keys.map((name) => ({ do: 'key', key: name, down: false })));
  };
  return (
    // An application inside the page: what is done here is done at the client's computer.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className="steer-surface"
      data-testid="steer-surface"
      role="application"
      aria-label={t(desktop ? 'steerSurfaceControl' : 'steerSurface')}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={desktop ? 0 : undefined}
      ref={place}
      onBlur={letGo}
      onPointerMove={(event) => {
        if (level === 'view' || event.timeStamp - last.current < POINT_MS) return;
        last.current = event.timeStamp;
        const { x, y } = at(event);
        if (desktop) onDesktop([{ do: 'move', x, y }]);
        else onPoint(x, y);
      }}
      onPointerDown={(event) => {
        if (desktop) button(event, true);
        else if (level === 'guide') from.current = at(event);
      }}
      onPointerUp={(event) => {
        if (desktop) return button(event, false);
        const begin = from.current;
        from.current = null;
        if (!begin) return;
        const end = at(event);
        const [w, h] = [Math.abs(end.x - begin.x), Math.abs(end.y - begin.y)];
        if (w > 0.01 && h > 0.01) onMark(Math.min(begin.x, end.x), Math.min(begin.y, end.y), w, h);
      }}
      onContextMenu={(event) => desktop && event.preventDefault()}
      onKeyDown={(event) => key(event, true)}
      onKeyUp={(event) => key(event, false)}
    >
      <video ref={video} autoPlay playsInline muted aria-label={t('steerSurface')} />
    </div>
  );
}

/** Where that is, as shares of the element's width and height. */
function placeOf({ clientX, clientY }: { clientX: number; clientY: number }, element: Element): { x: number; y: number } {
  const box = element.getBoundingClientRect();
  const share = (value: number) => Math.min(1, Math.max(0, value));
  return { x: share((clientX - box.left) / box.width), y: share((clientY - box.top) / box.height) };
}
