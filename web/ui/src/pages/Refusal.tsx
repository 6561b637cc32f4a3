import { useEffect, useRef, useState } from 'react';

import type { SignOnWays } from '../api/client';
import { api } from '../app';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';

/** What the state's sign-on, or we, refused: what happened, what to do, and the code to name to somebody. */
export function Refusal({ problem }: { problem: { code: string; message: string; hint: string } }) {
  const { t } = useTexts();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div className="problem" role="alert" tabIndex={-1} ref={box} data-code={problem.code} data-testid="sign-on-problem">
      <Icon name="warning" />
      <div>
        <strong>{t('signOnTitle')}</strong>
        <p>{problem.message}</p>
        <p>{problem.hint}</p>
        <p className="quiet">{t('signOnCode', { code: problem.code })}</p>
      </div>
    </div>
  );
}

/** On a page to which somebody was led back who wanted to sign in afresh: why that was refused. */
export function ReturnedRefusal() {
  const [problem, setProblem] = useState<SignOnWays['problem']>();
  useEffect(() => {
    const code = new URLSearchParams(location.search).get('problem');
    // without the words the page works as well
    if (code) void api.signOn(code).then((found) => setProblem(found.problem), () => undefined);
  }, []);
  return problem ? <Refusal problem={problem} /> : null;
}
