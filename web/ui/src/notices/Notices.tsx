import { useEffect, useRef, useState } from 'react';

import { live } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { useStore } from '../ui/store';
import { keyOf, shownOf, wordsOf } from './notices';
import { IconButton } from '../ui/parts';

/** What a supervisor did with what is ours: said once to who listens, shown a while to who looks. */
export function Notices({ groups, officerId = null }: { groups: string[]; officerId?: string | null }) {
  const texts = useTexts();
  const { t } = texts;
  const { notices } = useStore(live.state);
  const now = useNow();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const said = useRef(new Set<string>());
  const shown = shownOf(notices, now, closed, new Set(groups), officerId);

  useEffect(() => {
    for (const each of shown) {
      const key = keyOf(each);
      if (said.current.has(key)) continue;
      said.current.add(key);
      announce(wordsOf(each, texts, officerId));
    }
  });
  if (shown.length === 0) return null;
  return (
    <section className="stack tight" aria-label={t('notices')} data-testid="notices">
      {shown.map((each) => (
        <div key={keyOf(each)} className="notice told" data-testid={`notice-${each.action}`}>
          <span className="line">
            <Icon name="info" /> <span>{wordsOf(each, texts, officerId)}</span>
          </span>
          <IconButton icon="remove" label={t('noticeClose')} quiet onClick={() => setClosed(new Set([...closed, keyOf(each)]))} />
        </div>
      ))}
    </section>
  );
}
