/** What the workstation's worker does with a request of its page. Pure. */

/** The address that the shell is kept under. */
export const PAGE = '/kiosk';

/**
 * `page`: from the service, and what was kept only when the service does not answer; `file`: what was kept of the build;
 * `leave`: as if there were no worker. Whatever is not named is left alone: no answer of the service is ever kept.
 */
export function planOf(request: { method: string; mode: string; url: string }, origin: string, files: readonly string[]): 'page' | 'file' | 'leave' {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== origin) return 'leave';
  if (request.mode === 'navigate') return url.pathname === PAGE ? 'page' : 'leave';
  return files.includes(url.pathname) && !url.search ? 'file' : 'leave';
}
