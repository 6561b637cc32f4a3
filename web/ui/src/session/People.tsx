import { useEffect, useRef, useState } from 'react';

import type { MediaKind, Participant, SessionView } from '../api/types';
import { api } from '../app';
import { type Key, useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Problem } from '../ui/parts';

/** Who is here, and for the moderator what can be done about it. */
export function People({ session }: { session: SessionView }) {
  const { t, word } = useTexts();
  const acting = useAction();
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  const [removing, setRemoving] = useState<Participant | null>(null);
  useAnnounced(session.participants);
  const here = session.participants.filter((person) => person.identity);
  const name = (person: Participant) => person.name || word('person_', person.role);
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
                <button
                  type="button"
                  className="icon-button"
                  data-testid={`remove-${person.identity}`}
                  title={t('removePerson', { name: name(person) })}
                  aria-label={t('removePerson', { name: name(person) })}
                  onClick={() => setRemoving(person)}
                >
                  <Icon name="remove" />
                </button>
              </>
            ) : null}
          </li>
        ))}
      </ul>
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
    <button
      type="button"
      className="icon-button"
      data-testid={`mute-${kind}-${person.identity}`}
      aria-pressed={muted}
      title={label}
      aria-label={label}
      onClick={() => onPress(!muted)}
    >
      <Icon name={icons[muted ? 1 : 0]} />
    </button>
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
