import { type ComponentProps, type ReactNode, useEffect, useRef } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

import type { ApiError } from '../api/client';
import type { AwayReason, IndicatorName } from '../api/types';
import { useTexts } from '../i18n';
import { Icon, type IconName } from './Icon';

/** State as icon, word and colour, in that order of trust. */
export function Indicator({ name, reason, id }: { name: IndicatorName; reason?: AwayReason | null; id?: string }) {
  const { t } = useTexts();
  const more = name === 'away' && reason ? ` (${t(`away_${reason}`)})` : '';
  return (
    <span className={`indicator indicator-${name}`} data-testid={id ? `indicator-${id}` : undefined} data-state={name}>
      <Icon name={name} size={16} />
      {t(`ind_${name}`)}
      {more}
    </span>
  );
}

/** What happened, what was kept, what to do. Takes the focus, so that nobody misses it. */
export function Problem({ error, title }: { error: ApiError | null; title?: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (error) box.current?.focus();
  }, [error]);
  if (!error) return null;
  return (
    <div className="problem" role="alert" tabIndex={-1} ref={box} data-code={error.code}>
      <Icon name="warning" />
      <div>
        {title ? <strong>{title}</strong> : null}
        <p>{error.message}</p>
        <p>{error.hint}</p>
      </div>
    </div>
  );
}

export function Field({
  label,
  hint,
  error,
  id,
  wide = false,
  children,
}: {
  label: string;
  hint?: string;
  error?: string | null;
  id: string;
  /** a row of its own where fields stand side by side */
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <div className={['field', error ? 'field-wrong' : '', wide ? 'wide' : ''].filter(Boolean).join(' ')}>
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {error ? (
        <p className="wrong" id={`${id}-error`}>
          <Icon name="warning" size={16} /> {error}
        </p>
      ) : null}
      {children}
    </div>
  );
}

export interface ConfirmProps {
  open: boolean;
  title: string;
  children?: ReactNode;
  confirm?: string;
  danger?: boolean;
  onConfirm?: () => void;
  onClose: () => void;
  cancel?: string;
}

/** A question before something that cannot be undone; Escape and the first button keep everything as it is. */
export function Confirm({ open, title, children, confirm, danger, onConfirm, onClose, cancel }: ConfirmProps) {
  const { t } = useTexts();
  return (
    <ModalOverlay className="overlay" isOpen={open} onOpenChange={(next) => !next && onClose()} isDismissable>
      <Modal className="modal">
        <Dialog className="dialog" role="alertdialog">
          <Heading slot="title">{title}</Heading>
          <div className="dialog-body">{children}</div>
          <div className="row end">
            <button type="button" className="button" onClick={onClose}>
              {cancel ?? t('cancel')}
            </button>
            {confirm && onConfirm ? (
              <button
                type="button"
                className={danger ? 'button danger' : 'button primary'}
                data-testid="confirm"
                onClick={onConfirm}
              >
                {confirm}
              </button>
            ) : null}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** A wide table scrolls by itself, also by keyboard: so it can be reached, and has a name. */
export function Scroll({ label, tall, card, children }: { label: string; tall?: boolean; card?: boolean; children: ReactNode }) {
  const look = [card && 'card', 'scroll', tall && 'tall'].filter(Boolean).join(' ');
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={look} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** A picture that is pressed: its name is read out, and shown to whoever points at it. */
export function IconButton({ icon, label, quiet, ...rest }: { icon: IconName; label: string; quiet?: boolean } & ComponentProps<'button'>) {
  return (
    <button type="button" className={quiet ? 'icon-button quiet' : 'icon-button'} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

export function Empty({ icon, children }: { icon: IconName; children: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={32} />
      <p>{children}</p>
    </div>
  );
}

export function Loading() {
  const { t } = useTexts();
  return (
    <div className="empty" role="status">
      <span className="spinner" aria-hidden="true" />
      <p>{t('loading')}</p>
    </div>
  );
}
