import { type ReactNode, useCallback, useEffect, useState } from 'react';

import type { ApiError } from '../api/client';
import { useTexts } from '../i18n';
import { type Action, useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Loading, Problem } from '../ui/parts';
import { panel } from './identity';

export interface Loaded<T> {
  found: T | null;
  error: ApiError | null;
  reload: () => Promise<void>;
  /** Do something about it, then load it anew. */
  change: (work: () => Promise<unknown>) => Promise<boolean>;
  acting: Action;
}

/** What one source says, loaded alone. */
export function useWidget<T>(name: string): Loaded<T> {
  const [found, setFound] = useState<T | null>(null);
  const loading = useAction();
  const acting = useAction();
  const { run } = loading;
  const reload = useCallback(async () => {
    await run(async () => setFound(await panel.get<T>(name)));
  }, [run, name]);
  useEffect(() => {
    void reload();
  }, [reload]);
  const change = async (work: () => Promise<unknown>) => {
    const done = await acting.run(work);
    if (done) await reload();
    return done;
  };
  return { found, error: loading.error, reload, change, acting };
}

interface WidgetProps<T> {
  name: string;
  source: Loaded<T>;
  children: (found: T) => ReactNode;
}

/** A part of the panel: its name, and what it holds, waits for, or cannot get now. */
export function Widget<T>({ name, source, children }: WidgetProps<T>) {
  const { t, word } = useTexts();
  const title = word('w_', name);
  // the source works and said no: that is not the same as being away
  const refused = source.error !== null && source.error.status > 0 && source.error.status < 500;
  const state = source.error ? 'down' : source.found === null ? 'loading' : 'loaded';
  return (
    <section className="card stack widget" aria-label={title} data-testid={`widget-${name}`} data-state={state}>
      <h2>{title}</h2>
      <Problem error={source.acting.error} />
      {source.error ? (
        <div className="stack tight">
          <p className="line">
            <Icon name="warning" size={16} /> <strong>{refused ? source.error.message : t('panelDown')}</strong>
          </p>
          <p className="hint">{refused ? source.error.hint : t('panelDownText')}</p>
          <div>
            <button type="button" className="button" aria-label={`${t('retry')}: ${title}`} onClick={() => void source.reload()}>
              {t('retry')}
            </button>
          </div>
        </div>
      ) : source.found === null ? (
        <Loading />
      ) : (
        children(source.found)
      )}
    </section>
  );
}
