import { type FormEvent, useState } from 'react';

import type { Callable, SessionView } from '../api/types';
import { type Key, isKey, useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { acts, type Whom } from './acts';

/** Calling a second official in, passing the session on, conferring without the client, handing back for paperwork. */
export function OtherOfficials({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const acting = useAction();
  const [choosing, setChoosing] = useState<'specialist' | 'transfer' | 'paper' | null>(null);
  const [found, setFound] = useState<Callable | null>(null);
  const call = session.call;
  const open = call?.state === 'calling' || call?.state === 'coming';
  const second = session.participants.some((each) => each.role === 'specialist' && each.state !== 'removed');
  const clientIn = session.participants.some((each) => each.role === 'citizen' && each.state === 'joined');
  const choose = (kind: 'specialist' | 'transfer') =>
    void acting.run(async () => {
      setFound(await acts.callable(session.id));
      setChoosing(kind);
    });
  const why = call?.state === 'failed' ? (`call_why_${call.why}` as Key) : null;
  return (
    <section className="card stack tight" aria-label={t('officials')} data-testid="officials">
      <h2>{t('officials')}</h2>
      <Problem error={acting.error} />
      {call && (open || call.state === 'failed') ? (
        <div className="notice stack tight" role="status" data-testid="official-call" data-state={call.state}>
          <p>
            <Icon name={call.state === 'failed' ? 'warning' : 'ringing'} size={16} /> {t(`call_${call.state}`, { topic: call.topic })}
          </p>
          {why && isKey(why) ? <p>{t(why)}</p> : null}
          {open ? (
            <div className="row">
              <button type="button" className="button" data-testid="take-call-back" disabled={acting.busy} onClick={() => void acting.run(() => acts.takeCallBack(session.id))}>
                {t('callTakeBack')}
              </button>
            </div>
          ) : null}
        </div>
      ) : null}
      {session.private ? (
        <p className="notice" role="status" data-testid="conferring">
          {t('conferNow')}
        </p>
      ) : null}
      {choosing === 'specialist' || choosing === 'transfer' ? (
        <CallForm
          kind={choosing}
          found={found}
          onCancel={() => setChoosing(null)}
          onCall={(whom) =>
            void acting.run(async () => {
              await acts.call(session.id, choosing, whom);
              setChoosing(null);
            })
          }
        />
      ) : null}
      {choosing === 'paper' ? (
        <HandBackForm
          onCancel={() => setChoosing(null)}
          onGo={(what, note) =>
            void acting.run(async () => {
              await acts.handBack(session.id, what, note);
              setChoosing(null);
            })
          }
        />
      ) : null}
      {choosing ? null : (
        <div className="row">
          {open || second ? null : (
            <>
              <button type="button" className="button" data-testid="not-sufficient" disabled={acting.busy} onClick={() => choose('specialist')}>
                {t('notSufficient')}
              </button>
              <button type="button" className="button" data-testid="transfer" disabled={acting.busy} onClick={() => choose('transfer')}>
                {t('transfer')}
              </button>
            </>
          )}
          {clientIn || session.private ? (
            <button
              type="button"
              className="button"
              data-testid="confer"
              aria-pressed={session.private}
              disabled={acting.busy}
              onClick={() => void acting.run(() => acts.confer(session.id, !session.private))}
            >
              {t(session.private ? 'conferEnd' : 'confer')}
            </button>
          ) : null}
          <button type="button" className="button" data-testid="hand-back" onClick={() => setChoosing('paper')}>
            {t('handBack')}
          </button>
        </div>
      )}
    </section>
  );
}

function CallForm({
  kind,
  found,
  onCall,
  onCancel,
}: {
  kind: 'specialist' | 'transfer';
  found: Callable | null;
  onCall: (whom: Whom) => void;
  onCancel: () => void;
}) {
  const { t, of } = useTexts();
  const [whom, setWhom] = useState('');
  const [higher, setHigher] = useState(false);
  const [note, setNote] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    const [what, id] = whom.split('/');
    if (!id) return;
    onCall({ ...(what === 'group' ? { group_id: id } : { officer_id: id }), ...(higher && what === 'group' ? { level: 2 } : {}), note: note.trim() });
  };
  return (
    <form className="stack tight" onSubmit={send}>
      <Field id="call-whom" label={t('callWhom')} hint={t(kind === 'transfer' ? 'callHintTransfer' : 'callHintSpecialist')}>
        <select id="call-whom" data-testid="call-whom" aria-describedby="call-whom-hint" value={whom} onChange={(event) => setWhom(event.target.value)}>
          <option value="">{t('choose')}</option>
          {found?.agencies.map((agency) => (
            <optgroup key={agency.id} label={of(agency.name)}>
              {agency.groups.map((group) => (
                <option key={group.id} value={`group/${group.id}`}>
                  {t('callGroup', { agency: agency.code, group: of(group.name), n: group.available })}
                </option>
              ))}
              {agency.officers.map((officer) => (
                <option key={officer.id} value={`officer/${officer.id}`}>
                  {t('callOfficer', { agency: agency.code, name: officer.name })}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </Field>
      {whom.startsWith('group/') ? (
        <label className="check">
          <input type="checkbox" data-testid="call-level" checked={higher} onChange={(event) => setHigher(event.target.checked)} /> {t('callLevel')}
        </label>
      ) : null}
      <Field id="call-note" label={t('callNote')} hint={t('callNoteHint')}>
        <textarea id="call-note" data-testid="call-note" aria-describedby="call-note-hint" rows={2} maxLength={300} value={note} onChange={(event) => setNote(event.target.value)} />
      </Field>
      <div className="row">
        <button type="submit" className="button primary" data-testid="call-official" disabled={!whom}>
          <Icon name="phone" /> {t('callNow')}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}

const WHAT = ['paper', 'signature', 'printing'] as const;

function HandBackForm({ onGo, onCancel }: { onGo: (what: string, note: string) => void; onCancel: () => void }) {
  const { t } = useTexts();
  const [what, setWhat] = useState<string>(WHAT[0]);
  const [note, setNote] = useState('');
  return (
    <form
      className="stack tight"
      onSubmit={(event) => {
        event.preventDefault();
        onGo(what, note.trim());
      }}
    >
      <Field id="hand-back-what" label={t('handBackWhat')}>
        <select id="hand-back-what" data-testid="hand-back-what" value={what} onChange={(event) => setWhat(event.target.value)}>
          {WHAT.map((each) => (
            <option key={each} value={each}>
              {t(`handBack_${each}`)}
            </option>
          ))}
        </select>
      </Field>
      <Field id="hand-back-note" label={t('handBackNote')}>
        <input id="hand-back-note" maxLength={300} value={note} onChange={(event) => setNote(event.target.value)} />
      </Field>
      <div className="row">
        <button type="submit" className="button primary" data-testid="hand-back-go">
          {t('handBackGo')}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}

/** What the official who was called in, or took over, has to know; for the officials in the session. */
export function CallNote({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const call = session.call;
  const there = call?.kind === 'transfer' || session.participants.some((each) => each.role === 'specialist' && each.state !== 'removed');
  if (!call?.note || call.state === 'failed' || !there) return null;
  return (
    <p className="notice" data-testid="call-note-shown">
      <strong>{t(call.kind === 'transfer' ? 'callNoteTransfer' : 'callNoteSpecialist')}</strong> {call.note}
    </p>
  );
}

/** The clerk has the client; the officials wait outside. */
export function HandedBack({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const acting = useAction();
  const what = session.handed_back;
  if (!what) return null;
  const officerStays = session.participants.some((each) => each.role === 'officer');
  const text = session.role === 'clerk' ? (officerStays ? 'handBackClerk' : 'handBackGone') : 'handBackOfficer';
  return (
    <section className="notice stack tight" role="status" data-testid="handed-back" data-what={what.what}>
      <h2>{t(session.role === 'citizen' ? 'handBackCitizen' : 'handBackNow', { what: t(`handBack_${what.what}`) })}</h2>
      {what.note && session.role !== 'citizen' ? <p>“{what.note}”</p> : null}
      {session.role === 'citizen' ? null : <p>{t(text)}</p>}
      <Problem error={acting.error} />
      {session.role !== 'citizen' && officerStays ? (
        <div className="row">
          <button type="button" className="button primary" data-testid="resume" disabled={acting.busy} onClick={() => void acting.run(() => acts.resume(session.id))}>
            {t('resume')}
          </button>
        </div>
      ) : null}
    </section>
  );
}
