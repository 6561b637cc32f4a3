import { useCallback, useEffect, useRef, useState } from 'react';

import { type CheckResult, type LineResult, NO_LINE } from '../../api/checks';
import { ApiError } from '../../api/client';
import { api } from '../../app';
import { useTexts } from '../../i18n';
import { useAction } from '../../ui/hooks';
import { Icon } from '../../ui/Icon';
import { Loading, Problem } from '../../ui/parts';
import { chime, faultOf, listen, stop } from './devices';

const STEPS = ['camera', 'microphone', 'speaker', 'line'] as const;
type Step = (typeof STEPS)[number] | 'result';
/** Louder than a quiet room, for so many tenths of a second. */
const HEARD = 0.06;
const HEARD_TIMES = 5;

/** Picture, voice, sound and line, one after the other; nothing of it is seen or heard by anybody else. */
export function Check({ onDone }: { onDone: () => void }) {
  const { t } = useTexts();
  const [step, setStep] = useState<Step>('camera');
  const [found, setFound] = useState<Partial<CheckResult>>({});
  const [weak, setWeak] = useState<string[] | null>(null);
  const { run, error, busy } = useAction();
  const answer = (part: Partial<CheckResult>, next: Step) => {
    setFound((now) => ({ ...now, ...part }));
    setStep(next);
  };
  const finish = (line: LineResult) => {
    const all = { camera: 'ok', microphone: 'ok', speaker: 'ok', ...found, line } as CheckResult;
    setFound(all);
    setStep('result');
    void run(async () => setWeak((await api.recordCheck(all)).weak));
  };
  const at = STEPS.indexOf(step as (typeof STEPS)[number]);
  return (
    <section className="stack device-check" aria-label={t('kioskCheck')} data-testid="check" data-step={step}>
      {at >= 0 ? <p className="quiet">{t('checkStep', { n: at + 1, of: STEPS.length })}</p> : null}
      <h1>{t(`check_${step}`)}</h1>
      {step === 'camera' ? <CameraStep onAnswer={(camera) => answer({ camera }, 'microphone')} /> : null}
      {step === 'microphone' ? <MicrophoneStep onAnswer={(microphone) => answer({ microphone }, 'speaker')} /> : null}
      {step === 'speaker' ? <SpeakerStep onAnswer={(speaker) => answer({ speaker }, 'line')} /> : null}
      {step === 'line' ? <LineStep onAnswer={finish} /> : null}
      {step === 'result' ? (
        <>
          <Problem error={error} />
          {busy ? <Loading /> : null}
          {weak ? <Advice weak={weak} line={found.line ?? null} /> : null}
          <button type="button" className="button primary" data-testid="check-done" onClick={onDone}>
            {t('checkDone')}
          </button>
        </>
      ) : (
        <button type="button" className="button quiet" onClick={onDone}>
          {t('checkStop')}
        </button>
      )}
    </section>
  );
}

function Advice({ weak, line }: { weak: string[]; line: LineResult | null }) {
  const { t, word, number } = useTexts();
  return (
    <div className="stack tight" data-testid="check-result" data-weak={weak.join(' ')} role="status">
      {weak.length === 0 ? (
        <p>
          <Icon name="check" /> {t('checkAllWell')}
        </p>
      ) : (
        <ul className="stack tight">
          {weak.map((code) => (
            <li key={code}>
              <Icon name="warning" /> {word('weak_', code)}
            </li>
          ))}
        </ul>
      )}
      {line && line.transport !== 'none' ? (
        <p>
          {t('checkLine', {
            up: number(line.up_kbps / 1000),
            down: number(line.down_kbps / 1000),
            loss: Math.round(line.loss * 100),
            way: line.transport.toUpperCase(),
          })}
        </p>
      ) : null}
    </div>
  );
}

function CameraStep({ onAnswer }: { onAnswer: (found: CheckResult['camera']) => void }) {
  const { t, word } = useTexts();
  const picture = useRef<HTMLVideoElement>(null);
  const [fault, setFault] = useState<CheckResult['camera'] | null>(null);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let over = false;
    navigator.mediaDevices
      .getUserMedia({ video: true })
      .then((opened) => {
        stream = opened;
        if (over) stop(opened);
        else if (picture.current) picture.current.srcObject = opened;
      })
      .catch((error: unknown) => setFault(faultOf(error)));
    return () => {
      over = true;
      stop(stream);
    };
  }, []);
  if (fault) return <Fault text={word('weak_camera_', fault)} onGo={() => onAnswer(fault)} />;
  return (
    <>
      <p>{t('checkCameraText')}</p>
      <video ref={picture} className="preview" autoPlay playsInline muted aria-label={t('check_camera')} />
      <div className="row">
        <button type="button" className="button primary" data-testid="check-yes" onClick={() => onAnswer('ok')}>
          {t('checkSeeYes')}
        </button>
        <button type="button" className="button" data-testid="check-no" onClick={() => onAnswer('not_seen')}>
          {t('checkSeeNo')}
        </button>
      </div>
    </>
  );
}

function MicrophoneStep({ onAnswer }: { onAnswer: (found: CheckResult['microphone']) => void }) {
  const { t, word } = useTexts();
  const [level, setLevel] = useState(0);
  const [heard, setHeard] = useState(0);
  const [fault, setFault] = useState<CheckResult['microphone'] | null>(null);
  useEffect(() => {
    let end = () => undefined as void;
    let over = false;
    navigator.mediaDevices
      .getUserMedia({ audio: true })
      .then((stream) => {
        end = listen(stream, (now) => {
          setLevel(now);
          if (now > HEARD) setHeard((times) => times + 1);
        });
        if (over) end();
      })
      .catch((error: unknown) => setFault(faultOf(error)));
    return () => {
      over = true;
      end();
    };
  }, []);
  if (fault) return <Fault text={word('weak_microphone_', fault)} onGo={() => onAnswer(fault)} />;
  const works = heard >= HEARD_TIMES;
  return (
    <>
      <p>{t('checkTalk')}</p>
      <meter min={0} max={1} value={level} aria-label={t('kioskLevel')} />
      <p role="status">{works ? t('checkHeard') : t('checkNotHeardYet')}</p>
      <div className="row">
        <button type="button" className="button primary" data-testid="check-yes" disabled={!works} onClick={() => onAnswer('ok')}>
          {t('checkNext')}
        </button>
        <button type="button" className="button" data-testid="check-no" onClick={() => onAnswer('silent')}>
          {t('checkBarStill')}
        </button>
      </div>
    </>
  );
}

function SpeakerStep({ onAnswer }: { onAnswer: (found: CheckResult['speaker']) => void }) {
  const { t } = useTexts();
  const [played, setPlayed] = useState(false);
  return (
    <>
      <p>{t('checkSpeakerText')}</p>
      <button
        type="button"
        className={played ? 'button' : 'button primary'}
        data-testid="check-play"
        onClick={() => {
          setPlayed(true);
          void chime();
        }}
      >
        <Icon name="volume" /> {t('checkPlay')}
      </button>
      <div className="row">
        <button type="button" className="button primary" data-testid="check-yes" disabled={!played} onClick={() => onAnswer('ok')}>
          {t('checkHearYes')}
        </button>
        <button type="button" className="button" data-testid="check-no" disabled={!played} onClick={() => onAnswer('not_heard')}>
          {t('checkHearNo')}
        </button>
      </div>
    </>
  );
}

function LineStep({ onAnswer }: { onAnswer: (found: LineResult) => void }) {
  const { t } = useTexts();
  const answered = useRef(onAnswer);
  const { run, error } = useAction();
  const measure = useCallback(
    () =>
      void run(async () => {
        try {
          // The call's library is large: it comes when it is needed.
          const { measureLine } = await import('./line');
          answered.current(await measureLine(api.checkLine, api.checkPayload));
        } catch (caught) {
          // a refusal says nothing about the line; anything else says that there is none
          if (caught instanceof ApiError && caught.status > 0) throw caught;
          answered.current(NO_LINE);
        }
      }),
    [run],
  );
  useEffect(measure, [measure]);
  if (error)
    return (
      <>
        <Problem error={error} />
        <button type="button" className="button primary" data-testid="check-again" onClick={measure}>
          {t('retry')}
        </button>
      </>
    );
  return (
    <>
      <p>{t('checkLineText')}</p>
      <Loading />
    </>
  );
}

function Fault({ text, onGo }: { text: string; onGo: () => void }) {
  const { t } = useTexts();
  return (
    <>
      <p role="alert">
        <Icon name="warning" /> {text}
      </p>
      <button type="button" className="button primary" data-testid="check-yes" onClick={onGo}>
        {t('checkNext')}
      </button>
    </>
  );
}
