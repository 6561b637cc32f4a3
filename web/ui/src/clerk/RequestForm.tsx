import { type FormEvent, useEffect, useRef, useState } from 'react';

import type { NewRequest } from '../api/client';
import type { OfficerCard, RequestView } from '../api/types';
import { api, live, me } from '../app';
import { useTexts } from '../i18n';
import { Later, useHours } from '../planned/Later';
import { useAction, useDraft } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { askForNotifications } from '../ui/ring';
import { useStore } from '../ui/store';
import { GroupSelect } from './GroupSelect';
import { groupsOf, NO_OPTIONS, type Options, serviceIn, wishes } from './options';
import { Pak04 } from './Pak04';
import { RequestOptions } from './RequestOptions';
import { type PublicService, ServicePicker } from './ServicePicker';
import { placeOf } from '../workstations/place';

const NOT_CHECKED = { without_eid: false, not_delegated: false };
const METHODS = ['passport', 'id_card', 'eid', 'driving_licence'] as const;
const LANGUAGES = ['lv', 'en', 'ru'] as const;
const PRIORITIES = ['normal', 'raised', 'urgent'] as const;

/** A request to a group, or a direct call when an officer is chosen. The personal code is never kept on the device. */
export function RequestForm({
  target,
  onTarget,
  pointId,
}: {
  target: OfficerCard | null;
  onTarget: (officer: OfficerCard | null) => void;
  pointId: string | null;
}) {
  const { t, word } = useTexts();
  const { groups, officers, workstations } = useStore(live.state);
  const [group, setGroup] = useDraft('request.group');
  const [pak, setPak] = useDraft('request.pak');
  const [language, setLanguage] = useDraft('request.language');
  const [priority, setPriority] = useDraft('request.priority');
  const [workstation, setWorkstation] = useDraft('request.workstation');
  const [identified, setIdentified] = useState(false);
  const [code, setCode] = useState('');
  const [method, setMethod] = useState<string>('id_card');
  const [checked, setChecked] = useState(false);
  const [options, setOptions] = useState<Options>(NO_OPTIONS);
  const [conditions, setConditions] = useState(NOT_CHECKED);
  const [wish, setWish] = useState<PublicService | null>(null);
  const [startsAtMs, setStartsAtMs] = useState<number | null>(null);
  const [part, setPart] = useState<{ done: number; all: number } | null>(null);
  const demo = useStore(me)?.demo === true;
  const sending = useAction();
  // of one attempt: sent again, each of its requests is the same request, and all are of the same visit
  const attempt = useRef<Record<string, string>>({});
  const keyOf = (what: string) => (attempt.current[what] ??= crypto.randomUUID());
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    if (!target) return;
    heading.current?.focus();
    heading.current?.scrollIntoView({ block: 'nearest' });
  }, [target]);

  const chosen = groups.find((each) => each.id === group);
  const ofTarget = target?.groups[0] ? groups.find((each) => each.id === target.groups[0]?.id) : undefined;
  const offering = target ? ofTarget : chosen;
  // the catalogue says what goes with the chosen public service; a group that offers none of it is left as it is
  const fitting = (offering?.paks ?? []).filter((each) => !wish || wish.paks.includes(each));
  const paks = fitting.length > 0 ? fitting : (offering?.paks ?? []);
  const service = serviceIn(offering && { ...offering, paks }, pak);
  const place = workstations.some((each) => each.id === workstation)
    ? workstation
    : workstation === 'none'
      ? ''
      : ((workstations.find((each) => each.online && each.state === 'free') ?? workstations.find((each) => each.point_id === pointId))?.id ?? '');
  const wrongGroup = checked && !target && !chosen ? t('chooseGroup') : null;
  const wrongCode = checked && identified && code.replace(/\D/g, '').length !== 11 ? t('personalCodeWrong') : null;

  const later = (target ? ofTarget : chosen)?.id ?? null;
  // a time is of one group
  useEffect(() => setStartsAtMs(null), [later]);
  const hours = useHours(later, `${sending.error?.code ?? ''} ${String((target ? ofTarget : chosen)?.open)}`);

  /** What the form holds, or null after the focus went to what must be mended. */
  const bodyOf = (to: { officer_id?: string; group_id?: string }): NewRequest | null => {
    setChecked(true);
    const open = target ? -1 : options.more.indexOf('');
    const wrong = !target && !chosen ? 'request-group' : open >= 0 ? `request-group-${open + 2}` : identified && code.replace(/\D/g, '').length !== 11 ? 'request-code' : null;
    if (wrong) {
      document.getElementById(wrong)?.focus();
      return null;
    }
    return {
      pak: service,
      ...to,
      ...(wish ? { service_id: wish.id, service: wish.name.lv } : {}),
      language: language || 'lv',
      priority: priority || 'normal',
      ...(place ? { workstation_id: place } : {}),
      ...(service === 'PAK_04' ? { pak_04: { ...conditions, not_delegated: conditions.not_delegated || wish !== null } } : {}),
      client: identified ? { kind: 'identified', personal_code: code.trim(), method } : { kind: 'anonymous' },
    };
  };
  const reset = () => {
    attempt.current = {};
    setOptions(NO_OPTIONS);
    setPart(null);
    setConditions(NOT_CHECKED);
    setWish(null);
    setCode('');
    setIdentified(false);
    setChecked(false);
    setPriority('');
    onTarget(null);
  };

  const send = async (event: FormEvent) => {
    event.preventDefault();
    const body = bodyOf(target ? { officer_id: target.id } : { group_id: group });
    if (!body) return;
    askForNotifications();
    const wanted = target ? [] : groupsOf(group, options);
    const visit = wanted.length > 1 || part ? { visit_id: keyOf('visit') } : {};
    const all = (part?.done ?? 0) + wanted.length;
    const sent = await sending.run(async () => {
      if (target) return take(await api.createRequest(body, keyOf(target.id)));
      for (const [index, id] of wanted.entries()) {
        const pak = serviceIn(groups.find((each) => each.id === id), body.pak);
        take(await api.createRequest({ ...body, ...wishes(options, id, officers), ...visit, pak, group_id: id, ...(id === group ? {} : { service_id: undefined, service: undefined }) }, keyOf(id)));
        const [next, ...more] = wanted.slice(index + 1);
        if (next === undefined) continue;
        // what is sent leaves the form, so that a refusal of the next one leaves only what is still to be sent
        setGroup(next);
        setOptions({ ...options, more });
        setPart({ done: all - more.length - 1, all });
      }
    });
    if (sent) reset();
  };

  return (
    <form className="card stack" data-testid="request-form" noValidate onSubmit={(event) => void send(event)}>
      <div className="row apart">
        <h2 tabIndex={-1} ref={heading}>
          {target ? t('dialWho', { name: target.name }) : t('newRequest')}
        </h2>
        {target ? (
          <button type="button" className="button quiet" onClick={() => onTarget(null)}>
            {t('cancel')}
          </button>
        ) : null}
      </div>
      {target && target.indicator !== 'available' ? <p className="notice">{t('dialQueue')}</p> : null}
      <Problem error={sending.error} title={part ? t('visitPart', part) : t('errorTitle')} />
      <div className="form-grid">
        {target ? null : (
          <Field id="request-group" wide label={t('requestGroup')} error={wrongGroup}>
            <GroupSelect id="request-group" value={chosen ? group : ''} wrong={wrongGroup !== null} onChange={setGroup} />
          </Field>
        )}
        <ServicePicker id="request-service" value={wish} onChange={setWish} />
        <Field id="request-pak" wide label={t('requestPak')}>
          <select id="request-pak" data-testid="request-pak" value={service} onChange={(event) => setPak(event.target.value)}>
            {(paks.length > 0 ? paks : ['PAK_06']).map((each) => (
              <option key={each} value={each}>
                {word('', each)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="request-workstation" wide label={t('requestWorkstation')}>
          <select
            id="request-workstation"
            data-testid="request-workstation"
            value={place}
            onChange={(event) => setWorkstation(event.target.value || 'none')}
          >
            <option value="">{t('workstationNone')}</option>
            {workstations.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name} ({placeOf(each)}){each.online ? '' : ` — ${t('workstationOffline')}`}
              </option>
            ))}
          </select>
        </Field>
        <Field id="request-language" label={t('requestLanguage')}>
          <select id="request-language" value={language || 'lv'} onChange={(event) => setLanguage(event.target.value)}>
            {LANGUAGES.map((each) => (
              <option key={each} value={each}>
                {t(`lang_${each}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="request-priority" label={t('requestPriority')}>
          <select id="request-priority" value={priority || 'normal'} onChange={(event) => setPriority(event.target.value)}>
            {PRIORITIES.map((each) => (
              <option key={each} value={each}>
                {t(`priority_${each}`)}
              </option>
            ))}
          </select>
        </Field>
      </div>
      {service === 'PAK_04' ? <Pak04 value={conditions} onChange={setConditions} known={wish !== null} /> : null}
      <fieldset className="stack tight">
        <legend>{t('client')}</legend>
        <div className="row">
          <label className="check">
            <input type="radio" name="client" checked={!identified} onChange={() => setIdentified(false)} />
            {t('clientAnonymous')}
          </label>
          <label className="check">
            <input
              type="radio"
              name="client"
              data-testid="client-identified"
              checked={identified}
              onChange={() => setIdentified(true)}
            />
            {t('clientIdentified')}
          </label>
        </div>
        {identified && demo ? <p className="hint">{t('demoCodes')}</p> : null}
        {identified ? (
          <div className="form-grid">
            <Field id="request-code" label={t('personalCode')} hint={t('personalCodeHint')} error={wrongCode}>
              <input
                id="request-code"
                data-testid="client-code"
                inputMode="numeric"
                autoComplete="off"
                aria-invalid={wrongCode !== null}
                aria-describedby={wrongCode ? 'request-code-error request-code-hint' : 'request-code-hint'}
                value={code}
                onChange={(event) => setCode(event.target.value)}
              />
            </Field>
            <Field id="request-method" label={t('idMethod')}>
              <select id="request-method" value={method} onChange={(event) => setMethod(event.target.value)}>
                {METHODS.map((each) => (
                  <option key={each} value={each}>
                    {t(`method_${each}`)}
                  </option>
                ))}
              </select>
            </Field>
          </div>
        ) : null}
      </fieldset>
      {target ? null : (
        <RequestOptions group={chosen ? group : ''} options={options} checked={checked} onChange={setOptions} />
      )}
      {later && hours ? (
        <Later
          key={later}
          groupId={later}
          hours={hours}
          bodyOf={() => bodyOf({ group_id: later, ...(target ? { officer_id: target.id } : {}) })}
          chosen={startsAtMs}
          onChoose={setStartsAtMs}
          onDone={reset}
        />
      ) : null}
      <button type="submit" className={startsAtMs === null ? 'button primary' : 'button'} data-testid="request-submit" disabled={sending.busy}>
        <Icon name={target ? 'phone' : 'send'} /> {sending.busy ? t('sending') : target ? t('dial') : t('send')}
      </button>
    </form>
  );
}

/** Shown at once; its event may have come before. */
function take(request: RequestView): void {
  live.state.update((state) =>
    state.requests.some((each) => each.id === request.id) || state.session?.id === request.id
      ? state
      : { ...state, requests: [...state.requests, request] },
  );
}
