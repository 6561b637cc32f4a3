import { useEffect, useRef } from 'react';

import { createStore } from './store';

/** Keys that do what a button does. One letter alone, so they can be switched off (WCAG 2.1.4). */
export const KEYS = { search: '/', list: '?', mic: 'M', camera: 'K', sound: 'S', chat: 'T', door: 'D' } as const;
export type ShortcutName = keyof typeof KEYS;

const STORED = 'klatiene.shortcuts';

function first(): boolean {
  try {
    return localStorage.getItem(STORED) !== 'off';
  } catch {
    // Storage may be forbidden; the keys work.
    return true;
  }
}

export const shortcutsOn = createStore<boolean>(first());

export function setShortcuts(on: boolean): void {
  shortcutsOn.set(on);
  try {
    if (on) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, 'off');
  } catch {
    // Kept for this page only.
  }
}

/** Whether a key is meant for the page: not while somebody types, steers another computer, or is asked a question. */
export function isForPage(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, textarea, select, [contenteditable], [role="application"]')) return false;
  return document.querySelector('[role="dialog"], [role="alertdialog"]') === null;
}

/** `act` on that key while `active`; the list of keys itself stays when the others are switched off. */
export function useShortcut(name: ShortcutName, act: () => void, active = true): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (!active) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toUpperCase() !== KEYS[name] || !isForPage(event)) return;
      if (name !== 'list' && !shortcutsOn.get()) return;
      event.preventDefault();
      latest.current();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [name, active]);
}
