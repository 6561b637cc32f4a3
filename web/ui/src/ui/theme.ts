import { createStore } from './store';

/** Light or dark as the device says, until somebody chooses; text size and contrast for the kiosk. */
export type Theme = 'light' | 'dark';
export type TextSize = 'normal' | 'large' | 'larger';

const STORED = 'klatiene.theme';
const SIZES: TextSize[] = ['normal', 'large', 'larger'];

function first(): Theme {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored === 'light' || stored === 'dark') return stored;
  } catch {
    // Storage may be forbidden; the device's wish stands.
  }
  return typeof matchMedia === 'function' && matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export const theme = createStore<Theme>(first());

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme.get();
}

export function toggleTheme(): void {
  theme.set(theme.get() === 'dark' ? 'light' : 'dark');
  applyTheme();
  try {
    localStorage.setItem(STORED, theme.get());
  } catch {
    // Kept for this page only.
  }
}

export function nextTextSize(): void {
  const root = document.documentElement;
  const at = SIZES.indexOf((root.dataset['text'] as TextSize | undefined) ?? 'normal');
  root.dataset['text'] = SIZES[(at + 1) % SIZES.length] ?? 'normal';
}

export function toggleContrast(): void {
  const root = document.documentElement;
  if (root.dataset['contrast']) delete root.dataset['contrast'];
  else root.dataset['contrast'] = 'high';
}

/** As the next citizen should find it. */
export function resetKioskLook(): void {
  const root = document.documentElement;
  delete root.dataset['contrast'];
  delete root.dataset['text'];
}
