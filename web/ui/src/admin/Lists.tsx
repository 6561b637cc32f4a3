import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { InnerLink } from '../ui/InnerLink';

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
