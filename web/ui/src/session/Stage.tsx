import type { Track } from 'livekit-client';
import { useEffect, useRef } from 'react';

import type { Participant } from '../api/types';
import type { CallHandle } from '../call/useCall';
import type { Seat } from '../call/call-state';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';

const OUT = { failed: 'callFailed', over: 'session_ended', elsewhere: 'callElsewhere' } as const;

/** The faces and the shared screen, with a word where a picture is missing. */
export function Stage({
  handle,
  people,
  spotlight = null,
  quiet = false,
  ownScreen = true,
  compact = false,
}: {
  handle: CallHandle;
  people: Participant[];
  spotlight?: string | null;
  quiet?: boolean;
  /** a page that shares itself would see itself in itself without end */
  ownScreen?: boolean;
  /** a document is looked at: the faces are small beside it */
  compact?: boolean;
}) {
  const { t, word } = useTexts();
  const { state, call } = handle;
  const spotlit = state.seats.some((seat) => seat.identity === spotlight);
  const shared = state.seats.flatMap((seat) => [
    { seat, kind: 'screen' as const, track: ownScreen || !seat.local ? seat.screen : null },
    // one's own paper is looked at to lay it straight
    { seat, kind: 'paper' as const, track: seat.paper },
  ]).flatMap(({ track, ...each }) => (track ? [{ ...each, track }] : []));
  const sharing = shared.length > 0;
  const nameOf = (identity: string) => {
    const person = people.find((each) => each.identity === identity);
    return person ? person.name || word('person_', person.role) : t('person_specialist');
  };
  const roleOf = (identity: string) => people.find((each) => each.identity === identity)?.role ?? '';
  return (
    <div className={['stage', sharing ? 'sharing' : '', spotlit && !sharing ? 'spotlit' : '', compact && !sharing ? 'compact' : ''].filter(Boolean).join(' ')} data-testid="stage" data-phase={state.phase}>
      {state.phase === 'connecting' ? <div className="stage-note" role="status">{t('callConnecting')}</div> : null}
      {state.phase === 'reconnecting' ? <div className="stage-note" role="status">{t('callReconnecting')}</div> : null}
      {state.phase === 'failed' || state.phase === 'over' || state.phase === 'elsewhere' ? (
        <div className="stage-note" role="alert">
          {t(OUT[state.phase])}
          <button type="button" className="button" data-testid="rejoin" onClick={handle.rejoin}>
            {state.phase === 'elsewhere' ? t('callHere') : t('callRejoin')}
          </button>
        </div>
      ) : null}
      {state.silent ? (
        <div className="stage-note">
          <button type="button" className="button primary big" onClick={() => void call?.startAudio()}>
            <Icon name="volume" /> {t('hearClick')}
          </button>
        </div>
      ) : null}
      {shared.map(({ seat, kind, track }) => {
        const label = t(kind === 'paper' ? 'paperOf' : 'screenOf', { name: nameOf(seat.identity) });
        return (
          <figure key={`${kind}-${seat.identity}`} className="tile screen" style={{ margin: 0 }} data-kind={kind} data-of={seat.identity}>
            <Picture track={track} label={label} />
            <figcaption className="caption">
              <span>
                <Icon name={kind} size={16} /> {label}
              </span>
            </figcaption>
          </figure>
        );
      })}
      {[...state.seats].sort(othersFirst).map((seat) => (
        <Tile key={seat.identity} seat={seat} large={seat.identity === spotlight} name={nameOf(seat.identity)} role={roleOf(seat.identity)} />
      ))}
      {state.seats
        .filter((seat) => !seat.local && seat.microphone)
        .map((seat) => seat.microphone && <Voice key={`voice-${seat.identity}`} track={seat.microphone} silent={state.held || quiet} />)}
    </div>
  );
}

function othersFirst(a: Seat, b: Seat): number {
  return Number(a.local) - Number(b.local);
}

function Tile({ seat, name, role, large }: { seat: Seat; name: string; role: string; large: boolean }) {
  const { t } = useTexts();
  const classes = ['tile', seat.speaking ? 'speaking' : '', seat.local ? 'mine' : '', large ? 'large' : ''].filter(Boolean).join(' ');
  return (
    <figure className={classes} style={{ margin: 0 }} data-testid={`tile-${seat.identity}`} data-role={role} data-line={seat.line}>
      {seat.camera ? (
        <Picture track={seat.camera} label={name} />
      ) : (
        <div className="nobody">
          <span>
            <Icon name="person" size={48} />
            <span className="hidden">{t('noVideo')}</span>
          </span>
        </div>
      )}
      <figcaption className="caption">
        <span>
          {seat.microphone ? null : <Icon name="micOff" size={16} />}
          {seat.local ? `${name} (${t('you')})` : name}
        </span>
        {seat.line !== 'fine' ? (
          <span>
            <Icon name="warning" size={16} /> {t('poorLine')}
          </span>
        ) : null}
      </figcaption>
    </figure>
  );
}

function Picture({ track, label }: { track: Track; label: string }) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    track.attach(video);
    return () => void track.detach(video);
  }, [track]);
  return <video ref={element} aria-label={label} autoPlay playsInline muted />;
}

function Voice({ track, silent }: { track: Track; silent: boolean }) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (!audio) return;
    track.attach(audio);
    return () => void track.detach(audio);
  }, [track]);
  return <audio ref={element} autoPlay muted={silent} />;
}
