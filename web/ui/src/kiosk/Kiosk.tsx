import { useCallback, useEffect, useRef, useState } from 'react';

import type { Join, SessionView, WorkstationCard } from '../api/types';
import { api, live, me } from '../app';
import { useTexts } from '../i18n';
import { ConnectionBanner, Languages } from '../pages/TopBar';
import { Outside } from '../session/Outside';
import { useKnock } from '../session/useKnock';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Loading, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { nextTextSize, toggleContrast } from '../ui/theme';
import { Check } from './check/Check';
import { KioskSession } from './KioskSession';
import { useIdle } from './useIdle';
import { startOver, wipeAll } from './wipe';

const THANKS_MS = 12_000;

type Step = 'start' | 'waiting' | 'thanks';

/** One thing at a time: start, wait, speak, thank you, wiped. */
export function Kiosk() {
  const { t } = useTexts();
  const state = useStore(live.state);
  const [step, setStep] = useState<Step>('start');
  const joining = useAction();
  const redeemed = useRef<Join | null>(null);
  const session = state.session && state.session.state !== 'ended' ? state.session : null;
  const admitted = isAdmitted(session);
  const held = session?.door?.held === true;

  // The clerk's one click: the grant came over the live channel and is used at once, but only after the citizen's touch.
  const offered = state.authorisation?.code ?? null;
  const { run } = joining;
  useEffect(() => {
    if (!offered || step !== 'waiting') return;
    void run(async () => {
      redeemed.current = await api.redeem(offered);
      live.patch({ authorisation: null });
    });
  }, [offered, step, run]);

  useKnock(session, step === 'waiting');

  // A page that was reloaded in the middle of a conversation goes on with it.
  useEffect(() => {
    if (admitted || held) setStep((now) => (now === 'start' ? 'waiting' : now));
  }, [admitted, held]);

  // Nothing of what was typed stays in sight, also while there is no line to load the page over.
  const anew = useCallback(() => void startOver(() => setStep('start')), []);

  // The session ended, or the clerk took the citizen out: thank, then forget everything.
  const was = useRef(false);
  useEffect(() => {
    if (admitted || held) was.current = true;
    else if (was.current && !session) {
      was.current = false;
      setStep('thanks');
    }
  }, [admitted, held, session]);
  // Taken back by the clerk while the session goes on: nothing is left for whoever sits here next. The page is not loaded
  // anew, so that the touch which lets sound play still counts when they are let in.
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current && !admitted && !held && session) void wipeAll();
    opened.current = admitted || held;
  }, [admitted, held, session]);
  useEffect(() => {
    if (step !== 'thanks') return;
    void wipeAll();
    live.patch({ session: null, authorisation: null, lastCase: null });
    const timer = setTimeout(anew, THANKS_MS);
    return () => clearTimeout(timer);
  }, [step, anew]);

  // Somebody went away without a word. Whoever is in a session, or about to be let in, is there; but not for ever when
  // nothing of the session gets through any more.
  const who = useStore(me);
  const [cut, setCut] = useState(false);
  const left = useIdle((who?.kiosk_idle_s ?? 120) * 1000, step === 'waiting' && (!session || cut), anew);

  const grant = useCallback(async (id: string) => {
    const ticket = redeemed.current;
    redeemed.current = null;
    return ticket ?? (await api.join(id));
  }, []);

  let view = <Loading />;
  if (state.ready) {
    const inside = admitted || held;
    if (session && inside && step === 'waiting') view = <KioskSession session={session} grant={grant} onLeft={() => setStep('thanks')} onCut={setCut} />;
    else if (step === 'start') view = <Start wanted={session !== null} stop={state.workstation?.stop ?? null} onStart={() => setStep('waiting')} />;
    else if (step === 'thanks') view = <Thanks onDone={anew} />;
    else view = <Waiting session={session} joining={joining} onCode={(code) => void run(async () => void (redeemed.current = await api.redeem(code)))} />;
  }
  return (
    <div className="kiosk">
      <KioskBar />
      <main id="content" className={admitted && step === 'waiting' ? 'in-session' : undefined} aria-label={t('app')}>
        {view}
      </main>
      {left === null ? null : (
        <div className="still-there" role="alertdialog" aria-label={t('stillThere')} data-testid="still-there">
          <p>
            <strong>{t('stillThere')}</strong> {t('stillThereText', { n: left })}
          </p>
          <button type="button" className="button primary big">
            {t('stillThereYes')}
          </button>
        </div>
      )}
    </div>
  );
}

export function isAdmitted(session: SessionView | null): boolean {
  const mine = session?.participants.find((person) => person.identity === session.identity);
  return mine !== undefined && mine.state !== 'waiting' && mine.state !== 'removed' && session?.workstation?.state !== 'waiting';
}

export function KioskBar() {
  const { t } = useTexts();
  return (
    <header>
      <div className="topbar">
        <span className="brand">
          <img src="/favicon.svg" alt="" /> {t('app')}
        </span>
        <span className="grow" />
        <Languages />
        <button type="button" className="button quiet" onClick={nextTextSize}>
          {t('textSize')}
        </button>
        <button type="button" className="button quiet" onClick={toggleContrast}>
          {t('contrast')}
        </button>
      </div>
      <ConnectionBanner />
    </header>
  );
}

/** One touch: after it the browser lets sound play, and nothing else has to be pressed. */
function Start({ wanted, stop, onStart }: { wanted: boolean; stop: WorkstationCard['stop']; onStart: () => void }) {
  const { t } = useTexts();
  return (
    <>
      <h1>{t('tagline')}</h1>
      <p>{t('kioskStartText')}</p>
      {stop ? <p data-testid="kiosk-stop">{t('kioskStopToday', { place: stop.place, opens: stop.opens, closes: stop.closes })}</p> : null}
      {wanted ? (
        <p className="notice" role="status">
          {t('kioskWanted')}
        </p>
      ) : null}
      <button type="button" className="button primary big" data-testid="kiosk-start" onClick={onStart}>
        {t('kioskStart')}
      </button>
    </>
  );
}

function Waiting({
  session,
  joining,
  onCode,
}: {
  session: SessionView | null;
  joining: ReturnType<typeof useAction>;
  onCode: (code: string) => void;
}) {
  const { t } = useTexts();
  const [asking, setAsking] = useState(false);
  const [checking, setChecking] = useState(false);
  const [code, setCode] = useState('');
  if (checking) return <Check onDone={() => setChecking(false)} />;
  return (
    <div className="stack" data-testid="kiosk-waiting" style={{ justifyItems: 'center' }}>
      <h1>{t('kioskWaitTitle')}</h1>
      <p role="status">{joining.busy ? t('kioskJoining') : session ? t('kioskReadyText') : t('kioskWaitIdle')}</p>
      {session?.door ? <Outside session={session} titled={false} /> : null}
      <p className="notice">{t('kioskUnseen')}</p>
      <Problem error={joining.error} />
      {asking ? (
        <form
          className="stack"
          style={{ justifyItems: 'center' }}
          onSubmit={(event) => {
            event.preventDefault();
            if (code.length === 6) onCode(code);
          }}
        >
          <label htmlFor="kiosk-code">
            <strong>{t('kioskCode')}</strong>
          </label>
          <p id="kiosk-code-hint">{t('kioskCodeText')}</p>
          <input
            id="kiosk-code"
            className="code-input"
            data-testid="kiosk-code"
            inputMode="numeric"
            autoComplete="off"
            maxLength={6}
            aria-describedby="kiosk-code-hint"
            value={code}
            onChange={(event) => setCode(event.target.value.replace(/\D/g, ''))}
          />
          <div className="row">
            <button type="button" className="button" onClick={() => setCode('')}>
              {t('kioskErase')}
            </button>
            <button type="submit" className="button primary" data-testid="kiosk-code-send" disabled={code.length !== 6 || joining.busy}>
              {t('kioskCodeSend')}
            </button>
          </div>
        </form>
      ) : null}
      <div className="row">
        <button type="button" className="button" data-testid="kiosk-check" onClick={() => setChecking(true)}>
          <Icon name="camera" /> {t('kioskCheck')}
        </button>
        {asking ? null : (
          <button type="button" className="button" data-testid="kiosk-have-code" onClick={() => setAsking(true)}>
            {t('kioskHaveCode')}
          </button>
        )}
        <Help />
      </div>
    </div>
  );
}

/** `text`: what to do where no clerk is near. */
export function Help({ text }: { text?: string }) {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        <Icon name="info" /> {t('kioskHelp')}
      </button>
      <Confirm open={open} title={t('kioskHelp')} cancel={t('close')} onClose={() => setOpen(false)}>
        <p>{text ?? t('kioskHelpText')}</p>
      </Confirm>
    </>
  );
}

function Thanks({ onDone }: { onDone: () => void }) {
  const { t } = useTexts();
  return (
    <div className="stack" data-testid="kiosk-thanks" style={{ justifyItems: 'center' }}>
      <h1>{t('kioskThanks')}</h1>
      <p role="status">{t('kioskThanksText')}</p>
      <button type="button" className="button primary big" data-testid="kiosk-home" onClick={onDone}>
        {t('home')}
      </button>
    </div>
  );
}
