/** A soft two-tone ring until stopped, or one beat of it for who is talking. A browser that forbids sound before a click still shows the call. */
export function ring({ once = false } = {}): () => void {
  let context: AudioContext;
  try {
    context = new AudioContext();
  } catch {
    return () => undefined;
  }
  const beat = () => {
    for (const [index, hertz] of [523, 659].entries()) {
      const from = context.currentTime + index * 0.22;
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(0.12, from + 0.03);
      volume.gain.linearRampToValueAtTime(0, from + 0.2);
      tone.connect(volume).connect(context.destination);
      tone.start(from);
      tone.stop(from + 0.22);
    }
  };
  beat();
  const timer = once ? undefined : setInterval(beat, 1_500);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** A notice of the browser, where people allowed it; a later one of the same tag takes its place. */
export function notify(title: string, body: string, tag: string): Notification | null {
  try {
    if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return null;
    return new Notification(title, { body, requireInteraction: true, tag });
  } catch {
    // Some browsers show notifications only from a service worker; sound and screen remain.
    return null;
  }
}

/** Asked on a click, as browsers want it: what rings is missed when nothing shows outside the tab. */
export function askForNotifications(): void {
  if (typeof Notification !== 'undefined' && Notification.permission === 'default') {
    void Notification.requestPermission();
  }
}
