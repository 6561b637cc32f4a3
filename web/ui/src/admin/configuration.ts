import { api, live } from '../app';
import { createStore } from '../ui/store';
import type { Configuration } from './types';

/** The agency's configuration as the server last told it; null until it has been asked. */
export const configuration = createStore<Configuration | null>(null);

export async function loadConfiguration(): Promise<void> {
  configuration.set(await api.configuration());
}

/** Another administrator, or we in another window, changed something: read it anew. */
export function followChanges(): () => void {
  return live.state.subscribe(() => {
    const known = configuration.get();
    if (!known) return;
    const told = live.state.get().versions[known.agency.id] ?? 0;
    if (told <= known.version || asking) return;
    asking = true;
    void loadConfiguration()
      // The next change, or a save, asks again.
      .catch(() => undefined)
      .finally(() => {
        asking = false;
      });
  });
}

let asking = false;
