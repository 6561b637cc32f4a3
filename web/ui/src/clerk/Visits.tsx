import type { RequestView } from '../api/types';
import { live } from '../app';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { useStore } from '../ui/store';
import { visitsOf } from './visit';

const ICONS = { session: 'busy', ringing: 'ringing', waits: 'away' } as const;

/** Where one client stands at several agencies: who serves now, where the place is kept. */
export function Visits({ requests }: { requests: RequestView[] }) {
  const { t } = useTexts();
  const { agencies } = useStore(live.state);
  return (
    <>
      {visitsOf(requests).map((places) => (
        <section key={places[0]?.request.visit_id} className="card stack tight" aria-label={t('visitNow')} data-testid="visit">
          <h2>{t('visitNow')}</h2>
          <ol className="stack tight">
            {places.map(({ n, request, state }) => (
              <li key={request.id} className="line" data-state={state}>
                <Icon name={ICONS[state]} size={16} />
                {t('visitLine', {
                  n,
                  agency: agencies.find((each) => each.id === request.agency_id)?.code ?? request.ticket,
                  state: t(`visit_state_${state}`),
                })}
              </li>
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}
