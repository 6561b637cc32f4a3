/** Keeps the focus within `root` when a live update takes away, or disables for a while, what had it.
 *
 * The one place for it: whatever disappears (a form once it is sent, a session that ends, a participant's buttons), the
 * focus goes to the heading of what stands there now, so that neither keyboard nor screen reader starts anew at the top.
 */
export function keepFocus(root: HTMLElement): () => void {
  let last: HTMLElement | null = null;
  let around: HTMLElement[] = [];

  const remember = (event: FocusEvent) => {
    last = event.target as HTMLElement;
    around = [];
    for (let each = last.parentElement; each; each = each.parentElement) around.push(each);
  };
  // Somebody who clicks beside everything wants the focus nowhere; what is removed or disabled did not ask.
  const forget = () => {
    setTimeout(() => {
      if (last?.isConnected && !isDisabled(last) && isLost()) last = null;
    });
  };
  const watcher = new MutationObserver((changes) => {
    if (!last || !isLost()) return;
    if (!last.isConnected) {
      last = null;
      headingNear(around.filter((each) => each.isConnected))?.focus();
    } else if (!isDisabled(last) && changes.some((each) => each.type === 'attributes' && each.target === last)) {
      last.focus();
    }
  });

  root.addEventListener('focusin', remember);
  root.addEventListener('focusout', forget);
  watcher.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
  return () => {
    root.removeEventListener('focusin', remember);
    root.removeEventListener('focusout', forget);
    watcher.disconnect();
  };
}

function isLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

function isDisabled(element: HTMLElement): boolean {
  return element.matches(':disabled');
}

/** The nearest heading that can be seen; made focusable, but not a stop for Tab. */
function headingNear(outwards: HTMLElement[]): HTMLElement | null {
  for (const each of outwards) {
    const seen = [...each.querySelectorAll<HTMLElement>('h1, h2, h3')].find((heading) => heading.matches(':not(.hidden)'));
    if (!seen) continue;
    seen.tabIndex = -1;
    return seen;
  }
  return null;
}
