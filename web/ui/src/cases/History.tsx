import { useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Problem } from '../ui/parts';
import type { Former } from './words';

/** What an entry said before it was corrected, and who corrected it. */
export function History({ id }: { id: string }) {
  const { t, date, word } = useTexts();
  const [former, setFormer] = useState<Former[] | null>(null);
  const loading = useAction();
  if (!former) {
    return (
      <>
        <Problem error={loading.error} />
        <button
          type="button"
          className="button quiet"
          data-testid={`case-history-${id}`}
          onClick={() => void loading.run(async () => setFormer((await api.read<{ former: Former[] }>(`/api/cases/${id}/history`)).former))}
        >
          {t('entryHistory')}
        </button>
      </>
    );
  }
  return (
    <ol className="why small stack tight">
      {former.map((each) => (
        <li key={each.version}>
          {date(each.at_ms)}, {each.by}: {each.outcome ? word('outcome_', each.outcome) : t('none')}
          {each.note ? ` “${each.note}”` : ''}
          {Object.entries(each.fields).map(([name, value]) => ` · ${word('field_', name)}: ${String(value ?? '—')}`)}
        </li>
      ))}
    </ol>
  );
}
