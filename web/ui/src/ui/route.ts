import { createStore, useStore } from './store';

/** The address of the page; consoles are few, a router library would be more than we need. */
const path = createStore(location.pathname);

addEventListener('popstate', () => path.set(location.pathname));

export function usePath(): string {
  return useStore(path);
}

export function go(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  path.set(new URL(to, location.href).pathname);
  window.scrollTo(0, 0);
}
