import { useEffect, useRef, useState } from 'react';

import type { SessionView } from '../api/types';
import { api } from '../app';
import type { CallHandle } from '../call/useCall';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { acts } from './acts';

/** Said so often though nothing moved, for whoever came later. */
const AGAIN_MS = 2_000;

/** The document before everybody's eyes. Whoever shows it leads, and the page scrolls along for the others. */
export function DocumentView({ session, handle }: { session: SessionView; handle: CallHandle }) {
  const { t, word } = useTexts();
  const acting = useAction();
  const [zoom, setZoom] = useState(1);
  const pages = useRef<HTMLDivElement>(null);
  const found = session.documents.find((each) => each.id === session.shown?.document_id);
  const leads = session.shown?.by === session.identity;
  const opened = useOpened(session.id, found?.id ?? null, found?.media_type ?? null, pages);
  const { scroll } = handle.state;
  useEffect(() => {
    const box = pages.current;
    if (leads || !box || !scroll || scroll.from !== session.shown?.by || scroll.document_id !== found?.id) return;
    box.scrollTop = scroll.at * (box.scrollHeight - box.clientHeight);
  }, [scroll, leads, session.shown, found, opened]);
  useEffect(() => {
    const box = pages.current;
    const id = found?.id;
    if (!leads || !box || !id) return;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const say = () => {
      waiting = undefined;
      const room = box.scrollHeight - box.clientHeight;
      handle.call?.pass({ topic: 'scroll', document_id: id, at: room > 0 ? Math.min(1, Math.max(0, box.scrollTop / room)) : 0 });
    };
    const soon = () => {
      waiting ??= setTimeout(say, 80);
    };
    box.addEventListener('scroll', soon, { passive: true });
    const again = setInterval(say, AGAIN_MS);
    return () => {
      box.removeEventListener('scroll', soon);
      clearInterval(again);
      clearTimeout(waiting);
    };
  }, [leads, found?.id, handle.call]);
  if (!found) return null;
  const leader = session.participants.find((each) => each.identity === session.shown?.by);
  const name = leader ? leader.name || word('person_', leader.role) : '';
  const mayHide = leads || session.role !== 'citizen';
  return (
    <section className="document stack tight" aria-label={found.name} data-testid="document-view" data-state={opened}>
      <div className="row apart">
        <p role="status">{t(leads ? 'documentYouLead' : 'documentLeads', { name })}</p>
        <span className="row">
          <button type="button" className="button" disabled={zoom <= 0.5} onClick={() => setZoom(zoom - 0.25)}>
            {t('documentSmaller')}
          </button>
          <button type="button" className="button" disabled={zoom >= 3} onClick={() => setZoom(zoom + 0.25)}>
            {t('documentLarger')}
          </button>
          {mayHide ? (
            <button type="button" className="button" data-testid="document-hide" disabled={acting.busy} onClick={() => void acting.run(() => acts.showDocument(session.id, null))}>
              <Icon name="remove" /> {t('documentHide')}
            </button>
          ) : null}
        </span>
      </div>
      <Problem error={acting.error} />
      {opened === 'opening' ? <p role="status">{t('documentOpening')}</p> : null}
      {opened === 'broken' ? <p className="wrong">{t('documentBroken')}</p> : null}
      {/* The pages scroll, so they must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="pages" role="img" aria-label={found.name} tabIndex={0} ref={pages} style={{ ['--zoom' as string]: zoom }} />
    </section>
  );
}

/** Fetches a document and draws it into `pages`: an image as it is, a PDF page by page. */
function useOpened(
  sessionId: string,
  documentId: string | null,
  mediaType: string | null,
  pages: React.RefObject<HTMLDivElement | null>,
): 'opening' | 'open' | 'broken' {
  const [state, setState] = useState<'opening' | 'open' | 'broken'>('opening');
  useEffect(() => {
    const box = pages.current;
    if (!documentId || !box) return;
    let gone = false;
    let url = '';
    setState('opening');
    const open = async () => {
      const content = await api.document(sessionId, documentId);
      if (gone) return;
      if (mediaType === 'application/pdf') {
        const { draw } = await import('./pdf');
        await draw(await content.arrayBuffer(), box, () => gone);
      } else {
        url = URL.createObjectURL(content);
        const image = document.createElement('img');
        image.alt = '';
        image.src = url;
        box.append(image);
        await image.decode();
      }
    };
    open().then(
      () => !gone && setState('open'),
      () => !gone && setState('broken'),
    );
    return () => {
      gone = true;
      box.replaceChildren();
      if (url) URL.revokeObjectURL(url);
    };
  }, [sessionId, documentId, mediaType, pages]);
  return state;
}
