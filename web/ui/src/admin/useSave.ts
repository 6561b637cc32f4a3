import { useState } from 'react';

import { ApiError } from '../api/client';
import { api } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { type Action, useAction } from '../ui/hooks';
import { loadConfiguration } from './configuration';
import type { Change, Made, Preview, Problems } from './types';

export interface Saving {
  problems: Problems;
  /** counts the attempts, so that the summary takes the focus each time */
  attempt: number;
  preview: Preview | null;
  checking: Action;
  saving: Action;
  /** look at what the change would mean */
  review: (change: Change) => void;
  confirm: () => void;
  close: () => void;
}

/** Preview first, then save: what people do with every change. */
export function useSave(done: (made: Made) => void): Saving {
  const { t } = useTexts();
  const [problems, setProblems] = useState<Problems>({});
  const [attempt, setAttempt] = useState(0);
  const [asked, setAsked] = useState<{ change: Change; preview: Preview } | null>(null);
  const checking = useAction();
  const saving = useAction();
  const refused = (found: Problems) => {
    setProblems(found);
    setAttempt((known) => known + 1);
    setAsked(null);
  };
  return {
    problems,
    attempt,
    preview: asked?.preview ?? null,
    checking,
    saving,
    review: (change) => {
      saving.clear();
      void checking.run(async () => {
        const preview = await api.previewChange(change);
        if (Object.keys(preview.problems).length > 0) return refused(preview.problems);
        setProblems({});
        setAsked({ change, preview });
      });
    },
    confirm: () => {
      if (!asked) return;
      void saving.run(async () => {
        try {
          const made = await api.makeChange(asked.change);
          // what was saved is saved, also when it cannot be read again just now
          await loadConfiguration().catch(() => undefined);
          setAsked(null);
          announce(t('savedEffective'));
          done(made);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          setAsked(null);
          if (error.code === 'configuration_invalid') return refused((error.details['problems'] as Problems | undefined) ?? {});
          // both are merged when the newer state arrives, and the next save is meant
          if (error.code === 'configuration_changed') await loadConfiguration();
          throw error;
        }
      });
    },
    close: () => setAsked(null),
  };
}
