import type { ReactNode } from 'react';

import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { go } from '../ui/route';

/** An address of ours, followed without loading the page anew. */
export function InnerLink({ to, children, className, testId }: { to: string; children: ReactNode; className?: string; testId?: string }) {
  return (
    <a
      href={to}
      className={className}
      data-testid={testId}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}

export function ListHead({ title, hint, add, to, testId }: { title: string; hint: string; add: string; to: string; testId: string }) {
  return (
    <div className="row apart">
      <div>
        <h1>{title}</h1>
        <p className="hint">{hint}</p>
      </div>
      <InnerLink to={to} className="button primary" testId={testId}>
        <Icon name="add" /> {add}
      </InnerLink>
    </div>
  );
}

export function DraftBadge() {
  const { t } = useTexts();
  return <span className="badge draft">{t('draft')}</span>;
}
