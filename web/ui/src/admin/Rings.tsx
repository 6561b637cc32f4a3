import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { inRing, LEVELS, replaced, toggled, without } from './documents';
import type { Editing } from './editing';
import { Checks, NumberField, Section, SelectField, Wrong } from './parts';
import type { Configuration, GroupDocument, Ring } from './types';
import { IconButton } from '../ui/parts';

/** Who is rung first, and who joins in when nobody has answered for so long. */
export function Rings({
  editing,
  configured,
  groupId,
}: {
  editing: Editing<GroupDocument>;
  configured: Configuration;
  groupId: string | null;
}) {
  const { t } = useTexts();
  const { rings } = editing.mine.rules;
  const put = (next: Ring[]) => editing.set((now) => ({ ...now, rules: { ...now.rules, rings: next } }));
  const last = rings[rings.length - 1];
  const everywhere = configured.groups.filter((group) => !group.retired).map((group) => group.id);
  // a level lower while there is one, then the whole agency
  const wider = (): Ring => {
    const lower = Math.max(0, (last?.min_level ?? 0) - 1);
    return { after_s: (last?.after_s ?? 0) + 30, groups: lower > 0 ? [] : everywhere, min_level: lower };
  };
  return (
    <Section title={t('ringsTitle')} hint={t('ringsHint')} id="rings">
      <Wrong path="rules.rings" />
      <ol className="stack">
        {rings.map((ring, number) => (
          <RingCard
            key={number}
            ring={ring}
            number={number}
            officers={inRing(
              rings,
              number,
              groupId,
              editing.mine.levels,
              configured.officers.filter((each) => each.active).map((each) => ({ id: each.id, levels: each.document.levels })),
            ).length}
            configured={configured}
            groupId={groupId}
            onChange={(next) => put(replaced(rings, number, next))}
            onRemove={() => put(without(rings, number))}
          />
        ))}
      </ol>
      <div>
        <button type="button" className="button" data-testid="ring-add" onClick={() => put([...rings, wider()])}>
          <Icon name="add" /> {t('ringAdd')}
        </button>
      </div>
    </Section>
  );
}

function RingCard({
  ring,
  number,
  officers,
  configured,
  groupId,
  onChange,
  onRemove,
}: {
  ring: Ring;
  number: number;
  officers: number;
  configured: Configuration;
  groupId: string | null;
  onChange: (ring: Ring) => void;
  onRemove: () => void;
}) {
  const { t, of } = useTexts();
  const here = `rules.rings.${number}`;
  const others = configured.groups.filter((group) => !group.retired && group.id !== groupId);
  const own = ring.groups.length === 0 || (groupId !== null && ring.groups.includes(groupId));
  const toggle = (id: string, on: boolean) => {
    const known = ring.groups.length === 0 && groupId !== null ? [groupId] : ring.groups;
    const next = toggled(known, id, on);
    onChange({ ...ring, groups: next.length === 1 && next[0] === groupId ? [] : next });
  };
  return (
    <li className="ring stack tight" data-testid={`ring-${number}`}>
      <div className="row apart">
        <h3>{t('ring', { n: number + 1 })}</h3>
        <span className="row">
          <span className={officers === 0 ? 'indicator indicator-away' : 'indicator'}>
            <Icon name="person" size={16} /> {t('ringOfficers', { n: officers })}
          </span>
          {number > 0 ? (
            <IconButton icon="remove" label={t('ringRemove', { n: number + 1 })} quiet onClick={onRemove} />
          ) : null}
        </span>
      </div>
      <Wrong path={here} />
      <div className="form-grid">
        {number === 0 ? (
          <p>{t('ringAtOnce')}</p>
        ) : (
          <NumberField
            path={`${here}.after_s`}
            label={t('ringAfter')}
            value={ring.after_s}
            min={1}
            max={86_400}
            onChange={(value) => onChange({ ...ring, after_s: value ?? 0 })}
          />
        )}
        <SelectField
          path={`${here}.min_level`}
          label={t('ringLevel')}
          value={String(ring.min_level)}
          options={[['0', t('ringAnyLevel')], ...LEVELS.map((level): [string, string] => [String(level), t('ringLevelFrom', { level })])]}
          onChange={(value) => onChange({ ...ring, min_level: Number(value) })}
        />
      </div>
      {others.length > 0 && number > 0 ? (
        <Checks
          path={`${here}.groups`}
          legend={t('ringGroups')}
          options={[
            ...(groupId === null ? [] : ([[groupId, t('ringOwn')]] as [string, string][])),
            ...others.map((group): [string, string] => [group.id, of(group.document.name)]),
          ]}
          chosen={own && groupId !== null ? [...ring.groups, groupId] : ring.groups}
          onToggle={toggle}
        />
      ) : null}
    </li>
  );
}
