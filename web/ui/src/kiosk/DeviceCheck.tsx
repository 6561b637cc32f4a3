import { useEffect, useRef, useState } from 'react';

import { useTexts } from '../i18n';

/** Camera and microphone, seen by oneself alone: nothing leaves this page. */
export function DeviceCheck({ onDone }: { onDone: () => void }) {
  const { t } = useTexts();
  const picture = useRef<HTMLVideoElement>(null);
  const [level, setLevel] = useState(0);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    let stopped = false;
    let stop = () => undefined as void;
    navigator.mediaDevices
      .getUserMedia({ video: true, audio: true })
      .then((stream) => {
        stop = measure(stream, setLevel);
        if (stopped) stop();
        else if (picture.current) picture.current.srcObject = stream;
      })
      .catch(() => setMissing(true));
    return () => {
      stopped = true;
      stop();
    };
  }, []);
  return (
    <section className="stack" style={{ justifyItems: 'center' }} aria-label={t('kioskCheck')}>
      <p>{missing ? t('deviceNone') : t('kioskCheckText')}</p>
      {missing ? null : (
        <>
          <video ref={picture} className="preview" autoPlay playsInline muted aria-label={t('kioskCheck')} />
          <meter min={0} max={1} value={level} aria-label={t('kioskLevel')} />
        </>
      )}
      <button type="button" className="button primary" onClick={onDone}>
        {missing ? t('kioskCheckSkip') : t('kioskCheckOk')}
      </button>
    </section>
  );
}

/** Reports the loudness (0…1) ten times a second; the function returned ends it and frees the devices. */
function measure(stream: MediaStream, report: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    report(Math.min(1, Math.sqrt(power) * 4));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
    for (const track of stream.getTracks()) track.stop();
  };
}
