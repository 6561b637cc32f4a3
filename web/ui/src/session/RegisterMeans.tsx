import { type FormEvent, useState } from 'react';

import { api } from '../app';
import { MeansFields, useMeansDraft } from '../avis/MeansFields';
import type { Means } from '../avis/types';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';

/** The clerk registers the client's card in AVIS; the client then finds it in the own panel. */
export function RegisterMeans({ sessionId }: { sessionId: string }) {
  const { t, word } = useTexts();
  const typed = useMeansDraft();
  const [made, setMade] = useState<Means | null>(null);
  const saving = useAction();
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving.run(async () => {
      setMade(await api.act<Means>(sessionId, 'means', typed.sent));
      typed.clear();
    });
  };
  return (
    <details className="stack tight">
      <summary data-testid="means-open">{t('pMeansAdd')}</summary>
      <form className="stack tight" onSubmit={save}>
        <Problem error={saving.error} />
        {made ? (
          <p role="status" data-testid="means-registered">
            <Icon name="check" size={16} /> {word('means_', made.kind)} {made.label}: {word('means_state_', made.state)}
          </p>
        ) : null}
        <MeansFields id="session-means" draft={typed.draft} onChange={typed.setDraft} />
        <div>
          <button type="submit" className="button" disabled={saving.busy}>
            {t('pMeansAdd')}
          </button>
        </div>
      </form>
    </details>
  );
}
