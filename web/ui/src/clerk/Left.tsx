import type { RequestView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';

/** The house keeps the place of a client who left for so long. */
export const KEPT_MS = 60_000;

export interface LeftClient {
  request: RequestView;
  until_ms: number;
}

/** A client who left may come back: one click takes it back, while the place is kept. */
export function Left({ left, onGone }: { left: LeftClient; onGone: (id: string) => void }) {
  const { t, duration } = useTexts();
  const now = useNow();
  const returning = useAction();
  const { id, ticket } = left.request;
  if (now >= left.until_ms) return null;
  return (
    <div className="notice stack tight" role="status" data-testid={`left-${id}`}>
      <div className="row apart">
        <span>{t('leftNotice', { ticket, time: duration(Math.ceil((left.until_ms - now) / 1000)) })}</span>
        <button
          type="button"
          className="button"
          data-testid={`return-${id}`}
          disabled={returning.busy}
          onClick={() =>
            void returning.run(async () => {
              await api.comeBack(id);
              onGone(id);
            })
          }
        >
          <Icon name="check" /> {t('cameBack')}
        </button>
      </div>
      <Problem error={returning.error} />
    </div>
  );
}
