import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiError } from '../api/client';
import { live, me } from '../app';
import { keepDraft, readDraft } from './drafts';

/** The server's time now, refreshed every second while `active`: a device whose clock is wrong still counts down right. */
export function useNow(active = true): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => setNow(serverNow()), 1_000);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}

export function serverNow(): number {
  return Date.now() + live.aheadMs;
}

export interface Action {
  busy: boolean;
  error: ApiError | null;
  clear: () => void;
  run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** One thing being done: whether it runs, and the refusal it met, in words for people. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const running = useRef(false);
  const run = useCallback(async (work: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      if (caught.code === 'not_signed_in') me.set(null);
      setError(caught);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { busy, error, clear, run };
}

/** A text field's value that survives a reload under `name`. */
export function useDraft(name: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => readDraft(name));
  const [shown, setShown] = useState(name);
  if (shown !== name) {
    setShown(name);
    setText(readDraft(name));
  }
  const set = useCallback(
    (next: string) => {
      setText(next);
      keepDraft(name, next);
    },
    [name],
  );
  return [text, set];
}
