/** From now on this page opens without a line, too; where a browser has no such worker, it shows its own words then. */
export function keepShell(): void {
  if (!import.meta.env.PROD) return;
  // a browser that forbids storage refuses it: then it is as it was before
  void navigator.serviceWorker?.register('/kiosk-shell.js', { scope: '/kiosk' }).catch(() => undefined);
}

/** Whether the page could be loaded now if the service did not answer. */
export async function shellIsKept(): Promise<boolean> {
  if (!navigator.serviceWorker?.controller) return false;
  const names = await caches.keys().catch(() => []);
  return names.some(isShell);
}

/** The build's own files: nothing of any person is among them. */
export function isShell(cache: string): boolean {
  return cache.startsWith(__SHELL_CACHE__);
}
