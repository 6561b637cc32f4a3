import { api } from '../app';
import { useTexts } from '../i18n';
import { NameForm } from './NameForm';
import { change } from './store';
import type { Overview } from './types';

/** The merchant's own programmes; their benefits stand among the instructions below. */
export function Programmes({ found }: { found: Overview }) {
  const { t, of } = useTexts();
  return (
    <section className="card stack" aria-label={t('programmes')}>
      <div>
        <h2>{t('programmes')}</h2>
        <p className="hint">{t('programmesHint')}</p>
      </div>
      <ul className="stack tight">
        {found.programmes.map((each) => (
          <li key={each.id}>
            <strong>{of(each.name)}</strong> <span className="quiet">{t('programmeMembers', { n: each.members })}</span>
          </li>
        ))}
      </ul>
      <NameForm id="programme" label={t('programmeAdd')} onSave={(name) => change(() => api.send('POST', '/api/avis/programmes', { name }))} />
    </section>
  );
}
