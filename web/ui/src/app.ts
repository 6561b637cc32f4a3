import { Api } from './api/client';
import type { Me } from './api/types';
import { language, textsOf } from './i18n';
import { Live } from './live/live';
import { createStore } from './ui/store';

/** What all views share: the API, who is signed in, the live channel. Made once. */
export const api = new Api(
  () => language.get(),
  () => {
    const { t } = textsOf(language.get());
    return { message: t('offline'), hint: t('offlineHint') };
  },
);

/** undefined while we ask, null when nobody is signed in. */
export const me = createStore<Me | null | undefined>(undefined);

export const live = new Live({
  ticket: async () => (await api.ticket()).ticket,
  open: (path) => {
    const url = new URL(path, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return new WebSocket(url) as never;
  },
  later: (act, ms) => void setTimeout(act, ms),
  random: Math.random,
});

addEventListener('offline', () => live.lineLost());
addEventListener('online', () => live.lineBack());
