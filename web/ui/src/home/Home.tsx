import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiError } from '../api/client';
import { api, live, me } from '../app';
import { useTexts } from '../i18n';
import { Check } from '../kiosk/check/Check';
import { Help, isAdmitted, KioskBar } from '../kiosk/Kiosk';
import { KioskSession } from '../kiosk/KioskSession';
import { Outside } from '../session/Outside';
import { useKnock } from '../session/useKnock';
import { wipe } from '../ui/drafts';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Loading, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { forgetDevice, HomeDevice } from './device';

type Step = 'looking' | 'start' | 'inside' | 'ended' | 'closed' | 'nothing';

/** The client's own browser, by a personal link: open it here, wait before the door, speak, and be forgotten. */
export function Home() {
  const { t } = useTexts();
  const state = useStore(live.state);
  const connection = useStore(live.connection);
  const [step, setStep] = useState<Step>(firstStep);
  const [startsAt, setStartsAt] = useState<number | null>(null);
  const opening = useAction();
  const session = state.session && state.session.state !== 'ended' ? state.session : null;
  const inside = isAdmitted(session) || session?.door?.held === true;
  useKnock(session, step === 'inside');

  // Loaded anew in the middle of it: the device is known, and goes on.
  const looked = useRef(false);
  useEffect(() => {
    if (step !== 'looking' || looked.current) return;
    looked.current = true;
    void comeBack().then((back) => setStep(back ? 'inside' : 'nothing'));
  }, [step]);

  // The conversation ended, or the link was taken back: nothing of it stays, also not in this page's memory.
  const ended = state.session?.state === 'ended';
  const endedAt = state.session?.ended_at_ms;
  const over = useCallback((how: 'ended' | 'closed') => void forgetHere().then(() => location.replace(`/home?${how}`)), []);
  useEffect(() => {
    // whoever was put out, or had the link taken back, is told no more than that it is over for them
    if (step === 'inside' && ended) over(endedAt ? 'ended' : 'closed');
    else if (step === 'inside' && connection === 'signed_out') over('closed');
  }, [step, ended, endedAt, connection, over]);

  const open = () =>
    void opening.run(async () => {
      const device = (await HomeDevice.known()) ?? (await HomeDevice.fresh());
      setStartsAt(await device.open(api, location.hash.slice(1)));
      // what opened it is in no address and no history any more
      history.replaceState(null, '', '/home');
      await enter(device);
      setStep('inside');
    });

  const view = () => {
    switch (step) {
      case 'looking':
        return <Loading />;
      case 'start':
        return <Start opening={opening} onOpen={open} />;
      case 'inside':
        if (!state.ready) return <Loading />;
        if (session && inside) return <KioskSession session={session} grant={api.join} onLeft={() => over('ended')} home />;
        return <Waiting session={session} startsAt={startsAt} />;
      default:
        return <Said step={step} />;
    }
  };
  return (
    <div className="kiosk at-home">
      <KioskBar />
      <main id="content" className={inside && step === 'inside' ? 'in-session' : undefined} aria-label={t('app')}>
        {view()}
      </main>
    </div>
  );
}

function firstStep(): Step {
  if (location.search.includes('ended')) return 'ended';
  if (location.search.includes('closed')) return 'closed';
  return location.hash.length > 1 ? 'start' : 'looking';
}

async function enter(device: HomeDevice): Promise<void> {
  api.useDevice(device);
  me.set(await api.me());
  live.start();
}

async function comeBack(): Promise<boolean> {
  const device = await HomeDevice.known();
  if (!device) return false;
  try {
    await enter(device);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) await forgetHere();
    return false;
  }
}

async function forgetHere(): Promise<void> {
  live.stop();
  wipe();
  await forgetDevice();
  try {
    localStorage.clear();
    sessionStorage.clear();
  } catch {
    // where storage is forbidden nothing was kept
  }
}

/** One touch, so that neither a preview of the link nor a look at it uses it up; and the browser may play sound then. */
function Start({ opening, onOpen }: { opening: ReturnType<typeof useAction>; onOpen: () => void }) {
  const { t, date } = useTexts();
  const error = opening.error;
  const opensAt = Number(error?.details['opens_at_ms'] ?? 0);
  const startsAt = Number(error?.details['starts_at_ms'] ?? 0);
  return (
    <div className="stack" data-testid="home-start">
      <h1>{t('homeTitle')}</h1>
      <p>{t('homeText')}</p>
      <ol className="stack tight home-steps">
        <li>{t('homeStep1')}</li>
        <li>{t('homeStep2')}</li>
        <li>{t('homeStep3')}</li>
      </ol>
      <p className="notice">{t('homeOneDevice')}</p>
      <div data-testid="home-problem" data-code={error?.code ?? ''}>
        <Problem error={error} />
        {opensAt ? <p role="status">{t('homeEarly', { starts: date(startsAt), opens: date(opensAt) })}</p> : null}
      </div>
      <button type="button" className="button primary big" data-testid="home-open" disabled={opening.busy} onClick={onOpen}>
        {t('homeOpen')}
      </button>
    </div>
  );
}

function Waiting({ session, startsAt }: { session: Parameters<typeof Outside>[0]['session'] | null; startsAt: number | null }) {
  const { t, date } = useTexts();
  const [checking, setChecking] = useState(false);
  if (checking) return <Check onDone={() => setChecking(false)} />;
  return (
    <div className="stack" data-testid="home-waiting">
      {session?.door ? (
        <Outside session={session} />
      ) : (
        <>
          <h1>{t('kioskWaitTitle')}</h1>
          <p role="status">{startsAt ? t('homeWaitUntil', { time: date(startsAt) }) : t('homeWaitNow')}</p>
        </>
      )}
      <p className="notice">{t('kioskUnseen')}</p>
      <div className="row">
        <button type="button" className="button primary" data-testid="kiosk-check" onClick={() => setChecking(true)}>
          <Icon name="camera" /> {t('kioskCheck')}
        </button>
        <Help text={t('homeHelpText')} />
      </div>
    </div>
  );
}

function Said({ step }: { step: 'ended' | 'closed' | 'nothing' }) {
  const { t } = useTexts();
  return (
    <div className="stack" data-testid={`home-${step}`}>
      <h1>{t(step === 'ended' ? 'kioskThanks' : step === 'closed' ? 'homeClosed' : 'homeNothing')}</h1>
      <p role="status">{t(step === 'ended' ? 'homeEndedText' : step === 'closed' ? 'homeClosedText' : 'homeNothingText')}</p>
    </div>
  );
}
