import { useState } from 'react';

import type { HomeLink as Link, SessionView } from '../api/types';
import { api, me } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { useStore } from '../ui/store';

/** Whether clients of an agency may come from home. */
export function useHomeOffered(agencyId: string | null): boolean {
  const offered = useStore(me)?.home_agencies ?? [];
  return offered.includes('*') || (agencyId !== null && offered.includes(agencyId));
}

/** A personal link of one consultation: made, copied once, taken back. */
export function LinkMaker({ of, id, made }: { of: 'sessions' | 'appointments'; id: string; made: boolean }) {
  const { t, date } = useTexts();
  const acting = useAction();
  const [link, setLink] = useState<Link | null>(null);
  const [copied, setCopied] = useState(false);
  const make = () =>
    void acting.run(async () => {
      setLink(await api.makeLink(of, id));
      setCopied(false);
    });
  const copy = () =>
    void acting.run(async () => {
      await navigator.clipboard.writeText(link?.url ?? '');
      setCopied(true);
      announce(t('linkCopied'));
    });
  return (
    <div className="stack tight">
      <Problem error={acting.error} />
      {link ? (
        <div className="notice stack tight">
          <p>{t('linkGive')}</p>
          <Field id={`link-${id}`} label={t('linkAddress')} hint={t('linkGood', { opens: date(link.opens_at_ms), until: date(link.expires_at_ms) })}>
            <input
              id={`link-${id}`}
              data-testid="link-address"
              aria-describedby={`link-${id}-hint`}
              readOnly
              value={link.url}
              onFocus={(event) => event.target.select()}
            />
          </Field>
        </div>
      ) : null}
      <div className="row">
        {link ? (
          <button type="button" className="button primary" data-testid="link-copy" disabled={acting.busy} onClick={copy}>
            <Icon name="check" /> {t(copied ? 'linkCopied' : 'linkCopy')}
          </button>
        ) : null}
        <button type="button" className="button" data-testid="link-make" disabled={acting.busy} onClick={make}>
          {t(link || made ? 'linkAgain' : 'linkMake')}
        </button>
        {link || made ? (
          <button
            type="button"
            className="button danger"
            data-testid="link-revoke"
            disabled={acting.busy}
            onClick={() =>
              void acting.run(async () => {
                await api.revokeLink(of, id);
                setLink(null);
              })
            }
          >
            {t('linkRevoke')}
          </button>
        ) : null}
      </div>
    </div>
  );
}

/** The client's way into a running session from home. */
export function HomeLink({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const offered = useHomeOffered(session.agency_id);
  const client = session.participants.find((each) => each.role === 'citizen' && each.via === 'link');
  const knocks = session.lobby.some((each) => each.identity === client?.identity);
  if (!offered && !client) return null;
  const state = !client ? 'none' : client.state === 'waiting' ? (knocks ? 'knocks' : 'made') : client.state === 'joined' ? 'in' : 'coming';
  return (
    <section className="card stack tight" aria-label={t('linkTitle')} data-testid="home-link" data-state={state}>
      <h2>
        <Icon name="send" /> {t('linkTitle')}
      </h2>
      <p role="status">{t(`link_${state}`)}</p>
      <LinkMaker of="sessions" id={session.id} made={client !== undefined} />
    </section>
  );
}
