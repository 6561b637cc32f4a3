import type { ApiError } from '../api/client';
import { api, me } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Problem } from '../ui/parts';
import { useStore } from '../ui/store';

/** A refusal; where it asks for a fresh sign-in, the way to give it without losing what was typed. */
export function FreshProblem({ error, onProved }: { error: ApiError | null; onProved: () => void }) {
  const { t } = useTexts();
  const who = useStore(me);
  const proving = useAction();
  const stale = error?.code === 'sign_in_stale' && who;
  return (
    <>
      <Problem error={error} />
      {stale && who.demo && !who.via ? (
        <>
          <Problem error={proving.error} />
          <button
            type="button"
            className="button primary"
            data-testid="prove"
            disabled={proving.busy}
            onClick={() => void proving.run(api.prove).then((done) => done && onProved())}
          >
            {t('proveAgain')}
          </button>
        </>
      ) : null}
      {stale && (who.via || !who.demo) ? (
        <div className="stack tight">
          <a className="button primary start" data-testid="sign-again" href={`/sign-on/${who.via ?? 'oidc'}?fresh=1&to=${location.pathname}`}>
            {t('signAgain')}
          </a>
          <p className="hint">{t('signAgainHint')}</p>
        </div>
      ) : null}
    </>
  );
}
