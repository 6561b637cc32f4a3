import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

import type { Bilingual } from '../api/types';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { setGuard } from '../ui/route';
import type { Editing } from './editing';
import { idOf, useFieldName } from './parts';
import type { Consequence } from './types';
import type { Saving } from './useSave';

/** At the foot of every page that changes something: what differs, and the two ways out. */
export function SaveBar<D>({ editing, saving, onReview }: { editing: Editing<D>; saving: Saving; onReview: () => void }) {
  const { t } = useTexts();
  const name = useFieldName();
  const fields = [...new Set(editing.changed.map(name))];
  const dirty = fields.length > 0;
  return (
    <>
      <LeaveGuard dirty={dirty} onDiscard={editing.discard} />
      <div className="save-bar" data-testid="save-bar" data-dirty={dirty}>
        <p className="grow" role="status">
          {dirty ? (
            <>
              <strong>{t('unsaved')}</strong> <span className="quiet">{fields.join(', ')}</span>
            </>
          ) : (
            <span className="quiet">{t('allSaved')}</span>
          )}
        </p>
        {dirty ? (
          <button type="button" className="button" data-testid="discard" onClick={editing.discard}>
            {t('discard')}
          </button>
        ) : null}
        <button
          type="button"
          className="button primary"
          data-testid="review"
          disabled={!dirty || saving.checking.busy || editing.clashes.length > 0}
          onClick={onReview}
        >
          {t('review')}
        </button>
      </div>
      <PreviewDialog saving={saving} />
    </>
  );
}

/** What is wrong, above the form: takes the focus, leads to each field. */
export function Trouble<D>({ editing, saving }: { editing: Editing<D>; saving: Saving }) {
  const { t, word } = useTexts();
  const name = useFieldName();
  const box = useRef<HTMLDivElement>(null);
  const found = Object.entries(saving.problems);
  useEffect(() => {
    if (saving.attempt > 0) box.current?.focus();
  }, [saving.attempt]);
  return (
    <>
      <Problem error={saving.checking.error ?? saving.saving.error} />
      {found.length > 0 ? (
        <div className="problem" role="alert" tabIndex={-1} ref={box} data-testid="problems">
          <Icon name="warning" />
          <div className="stack tight">
            <strong>{t('problemsTitle')}</strong>
            <ul className="stack tight">
              {found.map(([path, code]) => (
                <li key={path}>
                  <a
                    href={`#${idOf(path)}`}
                    onClick={(event) => {
                      const target = document.getElementById(idOf(path));
                      if (!target) return;
                      event.preventDefault();
                      target.focus();
                      target.scrollIntoView({ block: 'center' });
                    }}
                  >
                    {name(path)}: {word('bad_', code)}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        </div>
      ) : null}
      <Meanwhile editing={editing} />
    </>
  );
}

/** Somebody else saved first. Ours stands; what both changed must be chosen. */
function Meanwhile<D>({ editing }: { editing: Editing<D> }) {
  const { t } = useTexts();
  const name = useFieldName();
  if (editing.theirs.length === 0 && editing.clashes.length === 0) return null;
  return (
    <div className="notice stack tight" role="status" data-testid="meanwhile">
      <strong>{t('meanwhileTitle')}</strong>
      {editing.theirs.length > 0 ? <p>{t('meanwhileTheirs', { fields: [...new Set(editing.theirs.map(name))].join(', ') })}</p> : null}
      {editing.clashes.length > 0 ? (
        <>
          <p>{t('meanwhileBoth')}</p>
          <ul className="stack tight">
            {editing.clashes.map((path) => (
              <li key={path} className="row">
                <span className="grow">{name(path)}</span>
                <button type="button" className="button" onClick={() => editing.keep(path)}>
                  {t('keepMine')}
                </button>
                <button type="button" className="button" onClick={() => editing.take(path)}>
                  {t('takeTheirs')}
                </button>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
}

export function PreviewDialog({ saving, title, confirm }: { saving: Saving; title?: string; confirm?: string }) {
  const { t } = useTexts();
  return (
    <ModalOverlay className="overlay" isOpen={saving.preview !== null} onOpenChange={(open) => !open && saving.close()} isDismissable>
      <Modal className="modal">
        <Dialog className="dialog" data-testid="preview">
          <Heading slot="title">{title ?? t('previewTitle')}</Heading>
          <div className="dialog-body">
            <p>{t('previewText')}</p>
            <Consequences found={saving.preview?.consequences ?? []} />
          </div>
          <div className="row end">
            <button type="button" className="button" onClick={saving.close}>
              {t('backToEdit')}
            </button>
            <button type="button" className="button primary" data-testid="confirm" disabled={saving.saving.busy} onClick={saving.confirm}>
              {confirm ?? t('saveNow')}
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Consequences({ found }: { found: Consequence[] }) {
  const { t } = useTexts();
  if (found.length === 0) return <p>{t('means_nothing')}</p>;
  return (
    <ul className="stack tight consequences">
      {found.map((each, index) => (
        <li key={index} className={each.warning ? 'line warns' : 'line'} data-code={each.code}>
          <Icon name={each.warning ? 'warning' : 'info'} />
          <ConsequenceText of={each} />
        </li>
      ))}
    </ul>
  );
}

function ConsequenceText({ of: found }: { of: Consequence }): ReactNode {
  const { t, of, word, lang } = useTexts();
  const names = new Intl.ListFormat(lang, { type: 'conjunction' }).format(found.names.map((each) => of(each as Bilingual | string)));
  const { code, values } = found;
  if (code === 'ring') {
    const values_ = { ring: Number(values['n']), n: Number(values['officers']), after: Number(values['after_s']), here: Number(values['signed_in']) };
    return t(Number(values['n']) === 1 ? 'means_ring_first' : 'means_ring', values_);
  }
  const hours = new Intl.NumberFormat(lang).format(Number(values['hours'] ?? 0));
  const filled = { ...values, names, hours };
  return t_(word, `means_${code}`, filled, t);
}

/** A text by a name that comes from the server; one that is new to us is shown as it is. */
function t_(word: (prefix: string, value: string) => string, key: string, values: Record<string, number | string>, t: ReturnType<typeof useTexts>['t']): string {
  return word('', key) === key ? key : t(key as 'means_nothing', values);
}

/** Leaving with unsaved changes is asked about; the draft stays on the device unless it is thrown away. */
function LeaveGuard({ dirty, onDiscard }: { dirty: boolean; onDiscard: () => void }) {
  const { t } = useTexts();
  const [leave, setLeave] = useState<(() => void) | null>(null);
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    setGuard((proceed) => setLeave(() => proceed));
    return () => {
      removeEventListener('beforeunload', ask);
      setGuard(null);
    };
  }, [dirty]);
  const close = () => setLeave(null);
  return (
    <ModalOverlay className="overlay" isOpen={leave !== null} onOpenChange={(open) => !open && close()} isDismissable>
      <Modal className="modal">
        <Dialog className="dialog" role="alertdialog" data-testid="leave">
          <Heading slot="title">{t('leaveTitle')}</Heading>
          <p>{t('leaveText')}</p>
          <div className="row end">
            <button type="button" className="button" onClick={close}>
              {t('leaveStay')}
            </button>
            <button
              type="button"
              className="button danger"
              data-testid="leave-discard"
              onClick={() => {
                onDiscard();
                close();
                leave?.();
              }}
            >
              {t('discard')}
            </button>
            <button
              type="button"
              className="button primary"
              data-testid="leave-keep"
              onClick={() => {
                close();
                leave?.();
              }}
            >
              {t('leaveKeep')}
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
