import type { SessionView } from '../api/types';
import { useTexts } from '../i18n';

/** What one reads who stands before the door: why, which place, and what the moderator says. */
export function Outside({ session, titled = true }: { session: SessionView; titled?: boolean }) {
  const { t } = useTexts();
  const door = session.door;
  if (!door) return null;
  return (
    <div className="stack" role="status" data-testid="outside" data-held={door.held} data-private={door.private}>
      {titled ? <h2>{t('waitTitle')}</h2> : null}
      <p>{t(door.private ? 'waitPrivate' : door.held ? 'waitHeld' : session.role === 'citizen' ? 'waitDoorClient' : 'waitDoor')}</p>
      {door.place && !door.held ? <p data-testid="door-place">{t('waitPlace', { n: door.place })}</p> : null}
      {door.message ? (
        <p className="notice" data-testid="door-message">
          {t('waitSays', { message: door.message })}
        </p>
      ) : null}
    </div>
  );
}
