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
  const state = live.state.subscribe(() => {
    const known = configuration.get();
    if (known && (live.state.get().versions[known.agency.id] ?? 0) > known.version) ask();
  });
  // What happened while the line was away is not told when it comes back with a snapshot.
  const connection = live.connection.subscribe(() => {
    if (configuration.get() && live.connection.get() === 'open') ask();
  });
  return () => {
    state();
    connection();
  };
}

let asking = false;

function ask(): void {
  if (asking) return;
  asking = true;
  void loadConfiguration()
    // The next change, or a save, asks again.
    .catch(() => undefined)
    .finally(() => {
      asking = false;
    });
}
