import { afterEach, describe, expect, it } from 'vitest';

import { isForPage } from '../ui/shortcuts';

afterEach(() => document.body.replaceChildren());

/** What was asked of the page when a key came up from the first element of `html`. */
function pressed(html: string, init: KeyboardEventInit = { key: 'm' }): boolean {
  document.body.innerHTML = html;
  let asked: boolean | null = null;
  const look = (event: KeyboardEvent) => (asked = isForPage(event));
  addEventListener('keydown', look);
  document.body.firstElementChild?.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }));
  removeEventListener('keydown', look);
  if (asked === null) throw new Error('the key did not arrive');
  return asked;
}

describe('a shortcut', () => {
  it('is for the page wherever nobody types', () => {
    for (const html of ['<button>Zvanīt</button>', '<p>Saruna</p>', '<h2 tabindex="-1">Saruna</h2>']) expect(pressed(html), html).toBe(true);
  });

  it('leaves to a field what is typed there, and to the client’s computer what is done there', () => {
    for (const html of ['<input>', '<textarea></textarea>', '<select></select>', '<div contenteditable="true"></div>', '<div role="application" tabindex="0"></div>']) {
      expect(pressed(html), html).toBe(false);
    }
  });

  it('waits while a question is open', () => {
    expect(pressed('<button>Atcelt</button><div role="alertdialog"></div>')).toBe(false);
  });

  it('is one press of that key alone', () => {
    for (const init of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }, { repeat: true }]) {
      expect(pressed('<p>Saruna</p>', { key: 'm', ...init })).toBe(false);
    }
    expect(pressed('<p>Saruna</p>', { key: '?', shiftKey: true })).toBe(true);
  });
});
