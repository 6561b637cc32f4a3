import { useEffect, useState } from 'react';

/** What shows that somebody is there. */
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
/** Asked so long before the end. */
const ASK_MS = 20_000;

/**
 * Seconds until the screen is wiped, once nobody has touched it for long and only while that question stands; else null.
 * `afterMs` without a sign of anybody, and `onIdle` is called. Not while `active` is false.
 */
export function useIdle(afterMs: number, active: boolean, onIdle: () => void): number | null {
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    if (!active) return;
    let seen = Date.now();
    const sign = () => {
      seen = Date.now();
      setLeft(null);
    };
    const timer = setInterval(() => {
      const remains = seen + afterMs - Date.now();
      if (remains <= 0) onIdle();
      else setLeft(remains <= Math.min(ASK_MS, afterMs / 2) ? Math.ceil(remains / 1000) : null);
    }, 500);
    for (const each of SIGNS) addEventListener(each, sign, { passive: true, capture: true });
    return () => {
      clearInterval(timer);
      setLeft(null);
      for (const each of SIGNS) removeEventListener(each, sign, { capture: true });
    };
  }, [afterMs, active, onIdle]);
  return left;
}
