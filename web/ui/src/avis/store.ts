import { api } from '../app';
import { createStore } from '../ui/store';
import type { Overview } from './types';

/** The own environment, loaded anew after each change. */
export const overview = createStore<Overview | null>(null);

export async function reload(): Promise<void> {
  overview.set(await api.get<Overview>('/api/avis'));
}

/** Do something, then show how things are. */
export async function change<T>(work: () => Promise<T>): Promise<T> {
  const made = await work();
  await reload();
  return made;
}
