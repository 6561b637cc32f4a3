/** Typed text that survives a reload, kept on this device until it is sent. */
const PREFIX = 'klatiene.draft.';

export function readDraft(name: string): string {
  try {
    return sessionStorage.getItem(PREFIX + name) ?? '';
  } catch {
    return '';
  }
}

export function keepDraft(name: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(PREFIX + name, text);
    else sessionStorage.removeItem(PREFIX + name);
  } catch {
    // Without storage the text lives as long as the page.
  }
}

/** Forget everything of this page's people: the kiosk between two citizens. */
export function wipe(): void {
  try {
    sessionStorage.clear();
  } catch {
    // Nothing was kept then.
  }
}
