import { useState } from 'react';

import { useTexts } from '../i18n';
import { euro, type Grants, type GrantSet, type PointGrant, type Run, SERVICE_KINDS } from './types';
import { Scroll } from '../ui/parts';

/** Who gets what, and on demand every step that led to it. */
export function GrantResult({ result, parameters, run }: { result: Grants; parameters: GrantSet; run: Run | null }) {
  const { t, lang } = useTexts();
  const [open, setOpen] = useState<string | null>(null);
  return (
    <section className="card stack" aria-label={t('grantResult')} data-testid="grant-result">
      <div className="row apart">
        <h2>
          {t('grantResult')}: {parameters.name}
        </h2>
        {run ? (
          <a className="button" href={`/api/network/grants/runs/${run.id}/csv`} download>
            {t('download', { kind: 'CSV' })}
          </a>
        ) : (
          <span className="badge">{t('grantNotKept')}</span>
        )}
      </div>
      <dl className="facts">
        <dt>{t('grantEnvelope')}</dt>
        <dd>{euro(result.envelope, lang)}</dd>
        <dt>{t('grantBases')}</dt>
        <dd>{euro(result.bases, lang)}</dd>
        <dt>{t('grantShared')}</dt>
        <dd>{euro(result.shared, lang)}</dd>
        <dt>{t('grantLeft')}</dt>
        <dd>{euro(result.left, lang)}</dd>
      </dl>
      <Scroll label={t('grantResult')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('by_point')}</th>
              {SERVICE_KINDS.map((kind) => (
                <th key={kind} scope="col" className="number">
                  {t(`kind_${kind}`)}
                </th>
              ))}
              <th scope="col" className="number">
                {t('grantBase')}
              </th>
              <th scope="col" className="number">
                {t('grantShare')}
              </th>
              <th scope="col" className="number">
                {t('grantSum')}
              </th>
            </tr>
          </thead>
          <tbody>
            {result.points.map((point) => (
              <tr key={point.point_id} data-testid={`grant-row-${point.point_id}`}>
                <th scope="row">
                  <button
                    type="button"
                    className="button quiet start"
                    aria-expanded={open === point.point_id}
                    onClick={() => setOpen(open === point.point_id ? null : point.point_id)}
                  >
                    {point.name}
                  </button>
                  {point.capped ? <span className="badge">{t('grantCapped')}</span> : null}
                  {open === point.point_id ? <Steps point={point} result={result} parameters={parameters} /> : null}
                </th>
                {SERVICE_KINDS.map((kind) => (
                  <td key={kind} className="number">
                    {point.counts[kind] ?? 0}
                  </td>
                ))}
                <td className="number">{euro(point.base, lang)}</td>
                <td className="number">{euro(point.share, lang)}</td>
                <td className="number">
                  <strong>{euro(point.grant, lang)}</strong>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Steps({ point, result, parameters }: { point: PointGrant; result: Grants; parameters: GrantSet }) {
  const { t, lang } = useTexts();
  const number = new Intl.NumberFormat(lang, { maximumFractionDigits: 3 });
  const sum = SERVICE_KINDS.map((kind) => `${point.counts[kind] ?? 0} × ${number.format((parameters.weights[kind] ?? 0) / 1000)}`).join(' + ');
  const exact = new Intl.NumberFormat(lang, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(point.exact / 1_000_000);
  return (
    <ol className="why small stack tight">
      <li>{t('step_base', { base: euro(point.base, lang), kind: t(`point_${point.kind as 'centre'}`) })}</li>
      <li>{t('step_weighted', { sum, points: number.format(point.weighted / 1000) })}</li>
      <li>
        {point.capped
          ? t('step_capped', { cap: euro(point.grant, lang) })
          : t('step_share', {
              rest: euro(result.envelope - result.bases, lang),
              points: number.format(point.weighted / 1000),
              all: number.format(result.weighted / 1000),
              exact,
            })}
      </li>
      <li>{t(point.rounded_up ? 'step_up' : 'step_down', { share: euro(point.share, lang) })}</li>
      <li>{t('step_sum', { grant: euro(point.grant, lang) })}</li>
    </ol>
  );
}
