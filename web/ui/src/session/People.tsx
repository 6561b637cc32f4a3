import { useEffect, useRef, useState } from 'react';

import type { MediaKind, Participant, SessionView } from '../api/types';
import { api } from '../app';
import { type Key, useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction, useNow } from '../ui/hooks';
import { Confirm, IconButton, Problem } from '../ui/parts';
import { acts } from './acts';
import { PersonActions } from './PersonActions';

/** A place is kept so long for one who fell out. */
const HOLD_MS = 60_000;

/** Who is here, and for the moderator what can be done about it. */
export function People({ session }: { session: SessionView }) {
  const { t, word } = useTexts();
  const acting = useAction();
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  const [removing, setRemoving] = useState<Participant | null>(null);
  useAnnounced(session.participants);
  const here = session.participants.filter((person) => person.identity);
  const name = (person: Participant) => person.name || word('person_', person.role);
  const [more, setMore] = useState<string | null>(null);
  const client = session.participants.find((person) => person.role === 'citizen' && person.state === 'joined');
  const seenBy = here.filter((person) => person !== client && person.state === 'joined').map(name);
  // One after the other: the button shows the new state before the node has obeyed, and a second press is meant, too.
  const mute = (person: Participant, kind: 'audio' | 'video', muted: boolean) => {
    turn.current = turn.current.catch(() => undefined).then(() => acting.run(() => api.mute(session.id, person.identity, kind, muted)));
  };
  return (
    <section className="card stack tight" aria-label={t('participants')}>
      <h2>{t('participants')}</h2>
      <Problem error={acting.error} />
      <ul className="people">
        {here.map((person) => (
          <li key={person.identity} data-testid={`participant-${person.identity}`} data-role={person.role} data-state={person.state}>
            <span className="grow">
              <strong>{name(person)}</strong>{' '}
              <span className="quiet small">
                {person.name && person.name !== word('person_', person.role) ? `${word('person_', person.role)} · ` : ''}
                {person.identity === session.identity ? `${t('you')} · ` : ''}
                {person.moderator ? `${t('moderator')} · ` : ''}
                {word('state_', person.state)}
                {person.lost_at_ms ? <ComesBack since={person.lost_at_ms} /> : null}
              </span>
            </span>
            {session.can_moderate && person.identity !== session.identity && person.state === 'joined' ? (
              <>
                {(['audio', 'video'] as const).map((kind) => (
                  <MuteButton
                    key={kind}
                    kind={kind}
                    person={person}
                    name={name(person)}
                    onPress={(muted) => mute(person, kind, muted)}
                  />
                ))}
                {person.role === 'clerk' ? null : (
                <IconButton
                  icon="remove"
                  label={t('removePerson', { name: name(person) })}
                  data-testid={`remove-${person.identity}`}
                  onClick={() => setRemoving(person)}
                />
                )}
                <IconButton
                  icon="settings"
                  label={t('moreFor', { name: name(person) })}
                  data-testid={`more-${person.identity}`}
                  aria-expanded={more === person.identity}
                  onClick={() => setMore(more === person.identity ? null : person.identity)}
                />
                {more === person.identity ? <PersonActions session={session} person={person} name={name(person)} acting={acting} /> : null}
              </>
            ) : null}
          </li>
        ))}
      </ul>
      <p className="quiet small" data-testid="client-seen">
        {client ? t('clientSeen', { names: seenBy.join(', ') }) : t('clientUnseen')}
      </p>
      {session.locked ? (
        <p className="notice" role="status" data-testid="locked">
          {t('lockedNow')}
        </p>
      ) : null}
      <div className="row">
        {session.can_moderate ? (
          <button
            type="button"
            className="button"
            data-testid="lock"
            aria-pressed={session.locked}
            disabled={acting.busy}
            onClick={() => void acting.run(() => acts.lock(session.id, !session.locked))}
          >
            {t(session.locked ? 'unlockSession' : 'lockSession')}
          </button>
        ) : null}
        {session.role === 'clerk' && !session.can_moderate ? (
          <button type="button" className="button" data-testid="take-back" disabled={acting.busy} onClick={() => void acting.run(() => acts.takeBack(session.id))}>
            {t('takeBack')}
          </button>
        ) : null}
      </div>
      <Confirm
        open={removing !== null}
        title={t('removeConfirm')}
        confirm={t('remove')}
        danger
        onClose={() => setRemoving(null)}
        onConfirm={() => {
          const person = removing;
          setRemoving(null);
          if (person) void acting.run(() => api.remove(session.id, person.identity));
        }}
      >
        <p>
          {removing?.role === 'officer' ? t('leaveConfirmText') : t('removeConfirmText', { name: removing ? name(removing) : '' })}
        </p>
      </Confirm>
    </section>
  );
}

function ComesBack({ since }: { since: number }) {
  const { t, duration } = useTexts();
  const now = useNow();
  return <> · {t('comesBack', { time: duration(Math.max(0, since + HOLD_MS - now) / 1000) })}</>;
}

const MUTE_TEXT: Record<'audio' | 'video', [Key, Key]> = {
  audio: ['muteAudio', 'unmuteAudio'],
  video: ['muteVideo', 'unmuteVideo'],
};

function MuteButton({
  kind,
  person,
  name,
  onPress,
}: {
  kind: Extract<MediaKind, 'audio' | 'video'>;
  person: Participant;
  name: string;
  onPress: (muted: boolean) => void;
}) {
  const { t } = useTexts();
  const muted = person.muted[kind];
  const label = t(MUTE_TEXT[kind][muted ? 1 : 0], { name });
  const icons = kind === 'audio' ? (['mic', 'micOff'] as const) : (['camera', 'cameraOff'] as const);
  return (
    <IconButton
      icon={icons[muted ? 1 : 0]}
      label={label}
      data-testid={`mute-${kind}-${person.identity}`}
      aria-pressed={muted}
      onClick={() => onPress(!muted)}
    />
  );
}

/** Joins and leaves, said to a screen reader. */
function useAnnounced(people: Participant[]): void {
  const { t, word } = useTexts();
  const before = useRef<Map<string, string>>(new Map());
  useEffect(() => {
    for (const person of people) {
      const was = before.current.get(person.identity);
      const name = word('person_', person.role);
      if (was && was !== 'joined' && person.state === 'joined') announce(t('joinedSay', { name }));
      if (was === 'joined' && person.state !== 'joined') announce(t('leftSay', { name }));
    }
    before.current = new Map(people.map((person) => [person.identity, person.state]));
  }, [people, t, word]);
}
