import type { Track } from 'livekit-client';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';

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

const POINT_MS = 60;

/** The official's side of a workstation that they were lent: its screen, and what they may do with it. */
export function Steer({ session, handle }: { session: SessionView; handle: CallHandle }) {
  const { t, time } = useTexts();
  const lent = useLent(session);
  const acting = useAction();
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
        <button type="button" className="button" data-testid="steer-stop" onClick={() => void acting.run(() => api.stopControl(session.id))}>
          {t('steerDone')}
        </button>
      </div>
      <Problem error={acting.error} />
      {screen ? (
        <Surface
          track={screen}
          level={lent.level}
          onPoint={(x, y) => handle.call?.pass({ topic: 'pointer', x, y })}
          onMark={(x, y, w, h) => send({ kind: 'highlight', x, y, w, h })}
          onDesktop={(acts) => send({ kind: 'desktop', acts })}
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
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    track.attach(element);
    return () => void track.detach(element);
  }, [track]);
  const at = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (value: number) => Math.min(1, Math.max(0, value));
    return { x: share((event.clientX - box.left) / box.width), y: share((event.clientY - box.top) / box.height) };
  };
  const desktop = level === 'control';
  const button = (event: PointerEvent, down: boolean) =>
    onDesktop([{ do: 'button', ...at(event), number: event.button + 1, down }]);
  const key = (event: KeyboardEvent, down: boolean) => {
    // Tab leads on, so that nobody is caught here who has no mouse.
    if (!desktop || event.key === 'Tab') return;
    event.preventDefault();
    onDesktop([{ do: 'key', key: event.key.slice(0, 24), down }]);
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
