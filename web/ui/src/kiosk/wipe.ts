import { setLanguage } from '../i18n';
import { wipe } from '../ui/drafts';
import { resetKioskLook } from '../ui/theme';

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
    for (const name of await caches.keys()) await caches.delete(name);
  } catch {
    // Where storage is forbidden nothing was kept.
  }
  history.replaceState(null, '', '/kiosk');
}

export async function startOver(): Promise<void> {
  await wipeAll();
  location.replace('/kiosk');
}
