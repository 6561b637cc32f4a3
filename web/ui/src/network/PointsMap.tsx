import { project } from '../charts/scale';
import { useTexts } from '../i18n';
import { OUTLINE, type PointRow } from './points';

const WIDTH = 640;
const HEIGHT = 400;
const EDGE = 12;

const shape = OUTLINE.map(([lon, lat]) => project(lon, lat));
const [left, right] = [Math.min(...shape.map((each) => each.x)), Math.max(...shape.map((each) => each.x))];
const [top, bottom] = [Math.min(...shape.map((each) => each.y)), Math.max(...shape.map((each) => each.y))];
const scale = Math.min((WIDTH - 2 * EDGE) / (right - left), (HEIGHT - 2 * EDGE) / (bottom - top));

function at(lon: number, lat: number): { x: number; y: number } {
  const { x, y } = project(lon, lat);
  return { x: EDGE + (x - left) * scale, y: EDGE + (y - top) * scale };
}

/** Where the points lie. Kinds differ by shape; nothing here that the table does not say. */
export function PointsMap({ rows, chosen, onChoose }: { rows: PointRow[]; chosen: string; onChoose: (id: string) => void }) {
  const { t } = useTexts();
  const outline = OUTLINE.map(([lon, lat]) => at(lon, lat));
  return (
    <figure className="stack tight">
      <svg className="chart map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t('pointsMapText')}>
        <path d={`M${outline.map((each) => `${each.x.toFixed(1)} ${each.y.toFixed(1)}`).join('L')}Z`} className="map-land" />
        {rows.map(({ point }) => {
          const { lat, lon } = point.details;
          if (lat === null || lon === null) return null;
          const { x, y } = at(lon, lat);
          const mine = point.id === chosen;
          return (
            // a press is a shortcut for the table's own button
            <g key={point.id} className={mine ? 'map-point chosen' : 'map-point'} aria-hidden="true" onClick={() => onChoose(point.id)}>
              <title>{point.name}</title>
              {point.kind === 'centre' ? <rect x={x - 6} y={y - 6} width="12" height="12" /> : null}
              {point.kind === 'library' ? <circle cx={x} cy={y} r="6" /> : null}
              {point.kind === 'brigade' ? <path d={`M${x} ${y - 7}l7 12h-14z`} /> : null}
              {mine ? (
                <text x={x > WIDTH / 2 ? x - 12 : x + 12} y={y + 4} textAnchor={x > WIDTH / 2 ? 'end' : 'start'}>
                  {point.name}
                </text>
              ) : null}
            </g>
          );
        })}
      </svg>
      <ul className="row legend small">
        <li>■ {t('point_centre')}</li>
        <li>● {t('point_library')}</li>
        <li>▲ {t('point_brigade')}</li>
      </ul>
      <figcaption className="small quiet">{t('pointsMapText')}</figcaption>
    </figure>
  );
}
