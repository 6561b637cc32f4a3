import { createStore } from './store';

/** One polite live region for the page: what a screen reader is told of changes nobody asked for. */
export const announcement = createStore('');

let clearing: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  announcement.set('');
  setTimeout(() => announcement.set(text), 50);
  clearTimeout(clearing);
  clearing = setTimeout(() => announcement.set(''), 8_000);
}
