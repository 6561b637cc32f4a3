import { useState } from 'react';

import type { Participant, SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { type Action } from '../ui/hooks';
import { Field } from '../ui/parts';
import { acts } from './acts';

/** What a moderator does less often with one person: ask, stop, hold, show large, rename, hand over. */
export function PersonActions({ session, person, name, acting }: { session: SessionView; person: Participant; name: string; acting: Action }) {
  const { t } = useTexts();
  const [renaming, setRenaming] = useState(false);
  const [text, setText] = useState(name);
  const id = person.identity;
  const spot = session.spotlight === id;
  const run = (work: () => Promise<unknown>) => void acting.run(work);
  const entries: [string, string, () => Promise<unknown>][] = [
    ['ask-audio', t('askAudio'), () => acts.ask(session.id, id, 'audio')],
    ['ask-video', t('askVideo'), () => acts.ask(session.id, id, 'video')],
    ['spotlight', t(spot ? 'spotlightOff' : 'spotlightPerson'), () => acts.spotlight(session.id, spot ? null : id)],
  ];
  if (person.role !== 'citizen') {
    const banned = person.muted.screen;
    entries.push(['screen', t(banned ? 'allowShare' : 'stopShare'), () => api.mute(session.id, id, 'screen', !banned)]);
    entries.push(['hand-over', t('handOver'), () => acts.handOver(session.id, id)]);
  }
  if (person.role !== 'clerk') entries.push(['hold', t('holdPerson'), () => acts.hold(session.id, id)]);
  return (
    <div className="stack tight person-actions" role="group" aria-label={t('moreFor', { name })}>
      <div className="row">
        {entries.map(([key, label, work]) => (
          <button key={key} type="button" className="button small" data-testid={`${key}-${id}`} disabled={acting.busy} onClick={() => run(work)}>
            {label}
          </button>
        ))}
        {person.role === 'citizen' ? null : (
          <button type="button" className="button small" data-testid={`rename-${id}`} aria-expanded={renaming} onClick={() => setRenaming(!renaming)}>
            {t('renamePerson')}
          </button>
        )}
      </div>
      {renaming ? (
        <form
          className="stack tight"
          onSubmit={(event) => {
            event.preventDefault();
            run(async () => {
              await acts.rename(session.id, id, text.trim());
              setRenaming(false);
            });
          }}
        >
          <Field id={`name-${id}`} label={t('renameLabel')}>
            <input id={`name-${id}`} maxLength={80} value={text} onChange={(event) => setText(event.target.value)} />
          </Field>
          <div className="row">
            <button type="submit" className="button" data-testid={`rename-save-${id}`} disabled={acting.busy || !text.trim()}>
              {t('save')}
            </button>
          </div>
        </form>
      ) : null}
    </div>
  );
}
