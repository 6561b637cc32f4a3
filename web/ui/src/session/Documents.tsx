import { useRef, useState } from 'react';

import type { SessionDocument, SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { acts } from './acts';

const KINDS = { 'application/pdf': 'PDF', 'image/jpeg': 'JPEG', 'image/png': 'PNG' };
const MOST = 10 * 1024 * 1024;

/** What has been brought to this session; shown to all by one click, gone when the session is. `upload`: false where the chat sends files. */
export function Documents({ session, upload = true }: { session: SessionView; upload?: boolean }) {
  const { t } = useTexts();
  const acting = useAction();
  return (
    <section className="card stack tight" aria-label={t('documents')} data-testid="documents">
      <h2>{t('documents')}</h2>
      <Problem error={acting.error} />
      {session.documents.length === 0 ? <p className="hint">{t('documentsNone')}</p> : null}
      <ul className="people">
        {session.documents.map((each) => (
          <li key={each.id} data-testid={`document-${each.id}`}>
            <span className="grow">
              <strong>{each.name}</strong>
              <br />
              <span className="quiet small">
                {t('documentSize', { kind: KINDS[each.media_type], size: Math.max(1, Math.round(each.size / 1024)) })}
              </span>
            </span>
            <DocumentButtons session={session} document={each} run={(work) => void acting.run(work)} busy={acting.busy} />
          </li>
        ))}
      </ul>
      {upload ? <Upload sessionId={session.id} /> : null}
    </section>
  );
}

function DocumentButtons({
  session,
  document: shownOne,
  run,
  busy,
}: {
  session: SessionView;
  document: SessionDocument;
  run: (work: () => Promise<unknown>) => void;
  busy: boolean;
}) {
  const { t } = useTexts();
  const { id, name } = shownOne;
  const shown = session.shown?.document_id === id;
  return (
    <span className="row">
      <button
        type="button"
        className="button"
        data-testid={`show-document-${id}`}
        aria-pressed={shown}
        aria-label={t('documentShowName', { name })}
        disabled={busy}
        onClick={() => run(() => acts.showDocument(session.id, shown ? null : id))}
      >
        {t(shown ? 'documentHide' : 'documentShow')}
      </button>
      <button type="button" className="button" data-testid={`save-document-${id}`} aria-label={t('documentSaveName', { name })} disabled={busy} onClick={() => run(() => save(session.id, shownOne))}>
        {t('documentSave')}
      </button>
      {session.role === 'clerk' ? (
        <button
          type="button"
          className="button"
          data-testid={`keep-document-${id}`}
          aria-pressed={shownOne.kept}
          aria-label={t('documentKeepName', { name })}
          disabled={busy}
          onClick={() => run(() => acts.keepDocument(session.id, id, !shownOne.kept))}
        >
          {t('documentKeep')}
        </button>
      ) : null}
      {shownOne.by === session.identity || session.can_moderate ? (
        <button
          type="button"
          className="button"
          data-testid={`remove-document-${id}`}
          aria-label={t('documentRemoveName', { name })}
          disabled={busy}
          onClick={() => run(() => acts.removeDocument(session.id, id))}
        >
          {t('documentRemove')}
        </button>
      ) : null}
    </span>
  );
}

/** Sends a file as soon as it is chosen; `onSent` is told its name. */
export function Upload({ sessionId, label, onSent }: { sessionId: string; label?: string; onSent?: (sent: SessionDocument) => void }) {
  const { t } = useTexts();
  const sending = useAction();
  const [large, setLarge] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const send = (file: File | undefined) => {
    if (!file) return;
    setLarge(file.size > MOST);
    if (file.size <= MOST) {
      void sending.run(async () => {
        const sent = await api.upload(sessionId, file);
        onSent?.(sent);
      });
    }
    if (input.current) input.current.value = '';
  };
  return (
    <div className="stack tight">
      <Problem error={sending.error} />
      {large ? (
        <p className="wrong" role="alert">
          {t('documentTooLarge')}
        </p>
      ) : null}
      <input
        ref={input}
        type="file"
        className="hidden"
        tabIndex={-1}
        aria-label={label ?? t('documentAdd')}
        data-testid="document-file"
        accept="application/pdf,image/jpeg,image/png"
        onChange={(event) => send(event.target.files?.[0])}
      />
      <div className="row">
        <button type="button" className="button" data-testid="document-add" disabled={sending.busy} onClick={() => input.current?.click()}>
          <Icon name="add" /> {sending.busy ? t('documentAdding') : (label ?? t('documentAdd'))}
        </button>
      </div>
    </div>
  );
}

async function save(sessionId: string, what: SessionDocument): Promise<void> {
  const url = URL.createObjectURL(await api.document(sessionId, what.id));
  const link = document.createElement('a');
  link.href = url;
  link.download = what.name;
  link.click();
  URL.revokeObjectURL(url);
}
