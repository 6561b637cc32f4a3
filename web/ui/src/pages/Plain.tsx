import { me } from '../app';
import { useTexts } from '../i18n';
import { useStore } from '../ui/store';
import { homeOf } from './start';

export function Accessibility() {
  const { t } = useTexts();
  return (
    <div className="page narrow">
      <h1>{t('a11yTitle')}</h1>
      <p>{t('a11yText')}</p>
      <HomeLink />
    </div>
  );
}

export function NotFound() {
  const { t } = useTexts();
  return (
    <div className="page narrow">
      <h1>{t('notFoundTitle')}</h1>
      <HomeLink />
    </div>
  );
}

function HomeLink() {
  const { t } = useTexts();
  const who = useStore(me);
  return (
    <p>
      <a href={who ? homeOf(who.principal.role) : '/sign-in'}>{t('home')}</a>
    </p>
  );
}
