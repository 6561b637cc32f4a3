import type { DeviceFault } from '../../api/checks';

/** Why a camera or a microphone does not open, in our words. */
export function faultOf(error: unknown): DeviceFault {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotReadableError' || name === 'AbortError' ? 'in_use' : 'missing';
}

export function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Reports the loudness (0…1) ten times a second; the function returned ends it and frees the microphone. */
export function listen(stream: MediaStream, report: (level: number) => void): () => void {
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
    stop(stream);
  };
}

/** Three short rising tones. */
export async function chime(): Promise<void> {
  const context = new AudioContext();
  await context.resume();
  [440, 554, 659].forEach((frequency, at) => {
    const [tone, loudness] = [context.createOscillator(), context.createGain()];
    const begin = context.currentTime + at * 0.35;
    tone.frequency.value = frequency;
    loudness.gain.setValueAtTime(0, begin);
    loudness.gain.linearRampToValueAtTime(0.4, begin + 0.05);
    loudness.gain.linearRampToValueAtTime(0, begin + 0.32);
    tone.connect(loudness).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 0.34);
  });
  setTimeout(() => void context.close(), 1_500);
}
