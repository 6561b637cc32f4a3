import type { ReactNode } from 'react';

import { go } from './route';

/** An address of ours, followed without loading the page anew; in a window of its own when the reader asks for one. */
export function InnerLink({
  to,
  children,
  className,
  testId,
  current = false,
}: {
  to: string;
  children: ReactNode;
  className?: string;
  testId?: string;
  /** it leads to where we are */
  current?: boolean;
}) {
  return (
    <a
      href={to}
      className={className}
      data-testid={testId}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
