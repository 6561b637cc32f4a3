import { type Key, useTexts } from '../i18n';
import { InnerLink } from './InnerLink';

export type Tab = [path: string, key: Key];

/** Links to the pages of a console: real addresses, so that they can be kept and opened in a window of their own. */
export function Tabs({ name, label, tabs, isHere }: { name: string; label: string; tabs: Tab[]; isHere: (path: string) => boolean }) {
  const { t } = useTexts();
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(([to, key]) => (
        <InnerLink key={to} to={to} testId={`${name}-tab-${key}`} current={isHere(to)}>
          {t(key)}
        </InnerLink>
      ))}
    </nav>
  );
}
