import { type FormEvent, useEffect, useRef, useState } from 'react';

import type { Outcome, WrapUp } from '../api/types';
import { api, live } from '../app';
import { newest } from '../live/state';
import { useTexts } from '../i18n';
import { NoteField } from '../session/NoteField';
import { useAction, useDraft, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';

const OUTCOMES: Outcome[] = ['solved', 'partly', 'not_sufficient', 'referred'];

/** After the session: the outcome in two clicks, a note if there is one. */
export function WrapUpCard({ wrapUp }: { wrapUp: WrapUp }) {
  const { t, word, duration } = useTexts();
  const now = useNow();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [note, setNote] = useDraft(`wrap.${wrapUp.session_id}`);
  const finishing = useAction();
  const heading = useRef<HTMLHeadingElement>(null);
  // What is to be done now has the focus, unless the officer is in the middle of something.
  useEffect(() => {
    if (document.activeElement?.matches('body, h2')) heading.current?.focus();
  }, [wrapUp.session_id]);
  const finish = (event: FormEvent) => {
    event.preventDefault();
    if (!outcome) return;
    void finishing.run(async () => {
      const card = await api.wrapUp(wrapUp.session_id, outcome, note);
      setNote('');
      // the next one may have come before the answer
      live.state.update((state) => ({
        ...state,
        officer: newest(state.officer, card),
        wrapUp: state.wrapUp?.session_id === wrapUp.session_id ? null : state.wrapUp,
      }));
    });
  };
  return (
    <form className="card stack" data-testid="wrap-up" data-session={wrapUp.session_id} onSubmit={finish}>
      <div className="row apart">
        <h2 tabIndex={-1} ref={heading}>
          <Icon name="wrap_up" /> {t('wrapUp')}: {wrapUp.ticket}, {word('', wrapUp.pak)}
        </h2>
        {wrapUp.until_ms ? (
          <span className="quiet">{t('wrapUpLeft', { time: duration((wrapUp.until_ms - now) / 1000) })}</span>
        ) : null}
      </div>
      <p>{t('wrapUpText')}</p>
      <div className="availability" role="group" aria-label={t('outcome')}>
        {OUTCOMES.map((each) => (
          <button
            key={each}
            type="button"
            className="button"
            data-testid={`wrap-up-outcome-${each}`}
            aria-pressed={outcome === each}
            onClick={() => setOutcome(each)}
          >
            {outcome === each ? <Icon name="check" /> : null} {t(`outcome_${each as 'solved'}`)}
          </button>
        ))}
      </div>
      <NoteField id="wrap-note" value={note} onChange={setNote} />
      <Problem error={finishing.error} />
      <div className="row">
        <button
          type="submit"
          className="button primary big"
          data-testid="wrap-up-finish"
          disabled={!outcome || finishing.busy}
        >
          {t('wrapUpFinish')}
        </button>
      </div>
    </form>
  );
}
