import { useEffect } from 'react';

import { announce } from './announce';
import { notify, ring } from './ring';

/** Heard and shown again so often until it is handled. */
export const AGAIN_MS = 10_000;

/**
 * One beat for the ear and a notice of the browser, again and again while `what` stays the same; nothing when it is empty.
 * For who is in a conversation: a ring without end would drown it.
 */
export function useInsist(what: string, title: string, text: string, tag: string): void {
  useEffect(() => {
    if (!what) return;
    announce(text);
    const sounds: (() => void)[] = [];
    let notice: Notification | null = null;
    const say = () => {
      sounds.splice(0).forEach((stop) => stop());
      sounds.push(ring({ once: true }));
      notice?.close();
      notice = notify(title, text, tag);
    };
    say();
    const timer = setInterval(say, AGAIN_MS);
    return () => {
      clearInterval(timer);
      sounds.forEach((stop) => stop());
      notice?.close();
    };
    // a change of language must not say it anew
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [what]);
}
