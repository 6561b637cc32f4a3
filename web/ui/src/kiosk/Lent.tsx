import { useEffect, useRef, useState } from 'react';

import type { ArrivedInput, ControlInput } from '../api/control';
import type { SessionView } from '../api/types';
import { api, live } from '../app';
import type { CallHandle } from '../call/useCall';
import { useLent } from '../control/Lend';
import { setLanguage, useTexts } from '../i18n';
import { serverNow, useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { useStore } from '../ui/store';

/** What came later than this was meant for a moment that is over. */
const STALE_MS = 10_000;
const MARK_MS = 6_000;
const POINTER_MS = 3_000;

/**
 * Who may see or steer this workstation, and the button that ends it, always at the same place. Whatever the official
 * sends is heeded only while it is lent to them; the service says so, and this page looks again.
 */
export function Lent({ session, handle }: { session: SessionView; handle: CallHandle }) {
  const { t, time } = useTexts();
  const lent = useLent(session);
  const stopping = useAction();
  const { call, state } = handle;
  const connected = state.phase === 'connected';
  const wanted = lent !== null && connected;
  // whoever moves the mouse must see where it goes, beyond this page too
  const whole = lent?.level === 'control';
  useEffect(() => {
    if (!call || !connected) return;
    void call.showThisScreen(wanted, whole);
  }, [call, connected, wanted, whole]);
  if (!lent) return null;
  return (
    <>
      <div className="lent" role="alert" data-testid="control-banner" data-level={lent.level} data-sharing={state.sharing}>
        <strong>
          <Icon name="screen" /> {t(`kioskLent_${lent.level}`, { name: lent.name, time: time(lent.until_ms) })}
        </strong>
        <span className="row">
          {state.sharing || !connected ? null : (
            <button type="button" className="button" data-testid="control-show" onClick={() => void call?.showThisScreen(true, whole)}>
              {t('kioskShow')}
            </button>
          )}
          <button
            type="button"
            className="button danger big"
            data-testid="control-stop"
            disabled={stopping.busy}
            onClick={() => {
              // The picture goes at once, whatever the line to the service is like.
              void call?.showThisScreen(false);
              void stopping.run(() => api.stopControl(session.id));
            }}
          >
            <Icon name="remove" /> {t(whole ? 'kioskStopControl' : 'kioskStopShow')}
          </button>
        </span>
        <Problem error={stopping.error} />
      </div>
      {lent.level === 'view' ? null : <Guided session={session} handle={handle} from={lent.identity} />}
    </>
  );
}

/** What the official points at, marks and offers. */
function Guided({ session, handle, from }: { session: SessionView; handle: CallHandle; from: string }) {
  const { t } = useTexts();
  const { inputs } = useStore(live.state);
  const [mark, setMark] = useState<Extract<ControlInput, { kind: 'highlight' }> | null>(null);
  const [offered, setOffered] = useState<string | null>(null);
  const done = useRef<ArrivedInput | null>(null);
  useEffect(() => {
    const fresh = inputs.slice(done.current ? inputs.indexOf(done.current) + 1 : 0);
    done.current = inputs.at(-1) ?? null;
    for (const { session_id, at_ms, input } of fresh) {
      if (session_id !== session.id || serverNow() - at_ms > STALE_MS) continue;
      if (input.kind === 'highlight') setMark(input);
      else if (input.kind === 'open') setOffered(input.address);
      else if (input.kind === 'zoom') document.documentElement.dataset['text'] = input.size;
      else if (input.kind === 'language') setLanguage(input.language);
    }
  }, [inputs, session.id]);
  useEffect(() => {
    if (!mark) return;
    const timer = setTimeout(() => setMark(null), MARK_MS);
    return () => clearTimeout(timer);
  }, [mark]);
  const percent = (share: number) => `${share * 100}%`;
  return (
    <>
      <Pointer handle={handle} from={from} />
      {mark ? (
        <div
          className="guide-mark"
          data-testid="guide-mark"
          aria-hidden="true"
          style={{ left: percent(mark.x), top: percent(mark.y), width: percent(mark.w), height: percent(mark.h) }}
        />
      ) : null}
      {offered ? (
        <div className="notice row apart" role="alert" data-testid="guide-open">
          <span>{t('kioskOffered', { address: offered })}</span>
          <span className="row">
            <a className="button primary" href={offered} target="_blank" rel="noopener noreferrer" onClick={() => setOffered(null)}>
              {t('kioskOpen')}
            </a>
            <button type="button" className="button" onClick={() => setOffered(null)}>
              {t('kioskNotOpen')}
            </button>
          </span>
        </div>
      ) : null}
    </>
  );
}

/** Shown for a while after it moved last, and only if it is the official's to whom the workstation is lent. */
function Pointer({ handle, from }: { handle: CallHandle; from: string }) {
  const at = handle.state.pointer;
  const [shown, setShown] = useState<typeof at>(null);
  useEffect(() => {
    if (at?.from !== from) return;
    setShown(at);
    const timer = setTimeout(() => setShown(null), POINTER_MS);
    return () => clearTimeout(timer);
  }, [at, from]);
  if (!shown) return null;
  return <div className="guide-pointer" data-testid="guide-pointer" aria-hidden="true" style={{ left: `${shown.x * 100}%`, top: `${shown.y * 100}%` }} />;
}
