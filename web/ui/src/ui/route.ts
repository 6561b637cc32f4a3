import { createStore, useStore } from './store';

/** The address of the page; consoles are few, a router library would be more than we need. */
const path = createStore(location.pathname);

/** Asked before the page is left for another one of ours; it calls `leave` when that may happen. */
type Guard = (leave: () => void) => void;

let guard: Guard | null = null;

addEventListener('popstate', () => {
  const to = location.pathname;
  if (!guard || to === path.get()) return path.set(to);
  // back to where we were until the answer is known
  history.pushState(null, '', path.get());
  guard(() => go(to, { force: true }));
});

/** Only one page at a time has something to lose. */
export function setGuard(next: Guard | null): void {
  guard = next;
}

export function usePath(): string {
  return useStore(path);
}

export function go(to: string, { replace = false, force = false } = {}): void {
  if (guard && !force) return guard(() => go(to, { replace, force: true }));
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  path.set(new URL(to, location.href).pathname);
  window.scrollTo(0, 0);
}
