import { setLanguage } from '../i18n';
import { wipe } from '../ui/drafts';
import { resetKioskLook } from '../ui/theme';
import { isShell, shellIsKept } from './shell/keep';

/**
 * Nothing of the citizen who leaves is found by the next one. What is stored goes at once; then the page itself is loaded
 * anew, because nothing else forgets what scripts, media elements and the browser hold of it. The address is replaced,
 * so that "back" leads nowhere.
 */
export async function wipeAll(): Promise<void> {
  wipe();
  resetKioskLook();
  setLanguage('lv');
  try {
    localStorage.clear();
    for (const name of await caches.keys()) if (!isShell(name)) await caches.delete(name);
  } catch {
    // Where storage is forbidden nothing was kept.
  }
  history.replaceState(null, '', '/kiosk');
}

const ASK_AGAIN_MS = 3_000;
/** a line that swallows everything does not answer */
const ANSWERS_MS = 4_000;
let starting = false;

/**
 * The page is loaded anew at once where the browser has kept it, else once the service answers: without a line the
 * browser would show its own error, and go on showing it when the line is back. `waits` is told when that is not at once.
 */
export async function startOver(waits: () => void): Promise<void> {
  await wipeAll();
  if (starting) return;
  starting = true;
  if (!(await shellIsKept()) && !(await answers())) {
    waits();
    await whenServed(() => false);
  }
  location.replace('/kiosk');
}

/** True once the service answers, asked every `everyMs`; false once `over` says that nobody waits for it. */
export async function whenServed(over: () => boolean, everyMs = ASK_AGAIN_MS): Promise<boolean> {
  for (;;) {
    await new Promise((done) => setTimeout(done, everyMs));
    if (over()) return false;
    if (await answers()) return true;
  }
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(ANSWERS_MS) })).ok;
  } catch {
    return false;
  }
}
