import { useTexts } from '../i18n';
import { Confirm } from '../ui/parts';

const DECLINE_REASONS = ['busy', 'not_my_topic', 'other'] as const;

/** Why not: one press answers. */
export function DeclineReasons(props: { open: boolean; onClose: () => void; onChosen: (reason: string) => void }) {
  const { t } = useTexts();
  return (
    <Confirm open={props.open} title={t('declineWhy')} onClose={props.onClose}>
      {DECLINE_REASONS.map((reason) => (
        <button
          key={reason}
          type="button"
          className="button"
          data-testid={`decline-${reason}`}
          onClick={() => props.onChosen(reason)}
        >
          {t(`decline_${reason}`)}
        </button>
      ))}
    </Confirm>
  );
}
