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
  return (
    <>
      <Problem error={error} />
      {error?.code === 'sign_in_stale' && who?.demo ? (
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
      {error?.code === 'sign_in_stale' && who && !who.demo ? (
        <a className="button primary start" href={`/sign-on/oidc?to=${location.pathname}`}>
          {t('proveAgain')}
        </a>
      ) : null}
    </>
  );
}
