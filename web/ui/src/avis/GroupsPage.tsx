import { type FormEvent, useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Empty, Field, Problem } from '../ui/parts';
import { MeansRow } from './MeansRow';
import { NameForm } from './NameForm';
import { change } from './store';
import type { Group, Means, Overview } from './types';

interface Report {
  added: number;
  known: number;
  refused: [number, string][];
}

/** Who may have benefits: groups, lists taken in, and the cards that were issued. */
export function GroupsPage({ found }: { found: Overview }) {
  const { t } = useTexts();
  const [criterion, setCriterion] = useState('');
  return (
    <>
      <h1>{t('avisGroups')}</h1>
      {found.groups.length === 0 ? <Empty icon="person">{t('avisGroupsNone')}</Empty> : null}
      {found.groups.map((group) => (
        <GroupCard key={group.id} group={group} />
      ))}
      <section className="card" aria-label={t('avisGroupAdd')}>
        <NameForm
          id="group"
          label={t('avisGroupAdd')}
          onSave={(name) => change(() => api.send('POST', '/api/avis/groups', { name, criterion: criterion.trim() || null }))}
        >
          <Field id="group-criterion" label={t('groupCriterion')} hint={t('groupCriterionHint')}>
            <input id="group-criterion" placeholder="large_family" value={criterion} onChange={(event) => setCriterion(event.target.value)} />
          </Field>
        </NameForm>
      </section>
      <Issued />
    </>
  );
}

function GroupCard({ group }: { group: Group }) {
  const { t, of, date, word } = useTexts();
  const [text, setText] = useState('');
  const [report, setReport] = useState<Report | null>(null);
  const acting = useAction();
  const add = (event: FormEvent) => {
    event.preventDefault();
    void acting.run(async () => {
      setReport(await change(() => api.send<Report>('POST', `/api/avis/groups/${group.id}/members`, { text })));
      setText('');
    });
  };
  return (
    <section className="card stack" aria-label={of(group.name)} data-testid={`group-${group.id}`}>
      <div>
        <h2>{of(group.name)}</h2>
        <p className="quiet">
          {[t('groupMembers', { n: group.members }), group.criterion ? `DAGR: ${group.criterion}` : t('groupList'), group.as_of_ms === null ? '' : t('groupAsOf', { date: date(group.as_of_ms) })]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      <Problem error={acting.error} />
      {group.source === 'dagr' ? (
        <div>
          <button type="button" className="button" disabled={acting.busy} onClick={() => void acting.run(() => change(() => api.send('POST', `/api/avis/groups/${group.id}/refresh`)))}>
            {t('groupRefresh')}
          </button>
        </div>
      ) : (
        <form className="stack tight" onSubmit={add}>
          <Field id={`members-${group.id}`} label={t('groupImport')} hint={t('groupImportHint')}>
            <textarea id={`members-${group.id}`} rows={3} autoComplete="off" value={text} aria-describedby={`members-${group.id}-hint`} onChange={(event) => setText(event.target.value)} />
          </Field>
          <div>
            <button type="submit" className="button" data-testid={`import-${group.id}`} disabled={acting.busy || !text.trim()}>
              {t('groupImport')}
            </button>
          </div>
        </form>
      )}
      {report ? (
        <div role="status" className="notice" data-testid="import-report">
          <p>{t('groupImported', { added: report.added, known: report.known, refused: report.refused.length })}</p>
          <ul>
            {report.refused.map(([n, code]) => (
              <li key={n}>
                <Icon name="warning" size={16} /> {t('groupRow', { n })}: {word('row_', code)}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </section>
  );
}

/** The cards that the grantor issued: each waits for its holder, and can be blocked or taken back. */
function Issued() {
  const { t, word } = useTexts();
  const [means, setMeans] = useState<Means[] | null>(null);
  const [person, setPerson] = useState('');
  const [kind, setKind] = useState('student_card');
  const [token, setToken] = useState('');
  const acting = useAction();
  const { run } = acting;
  const load = async () => setMeans((await api.get<{ means: Means[] }>('/api/avis/means')).means);
  useEffect(() => {
    void run(load);
  }, [run]);
  const issue = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const made = await api.send<{ token: string }>('POST', '/api/avis/means', { personal_code: person.trim(), kind });
      setToken(made.token);
      setPerson('');
      await load();
    });
  };
  return (
    <section className="card stack" aria-label={t('meansIssued')}>
      <h2>{t('meansIssued')}</h2>
      <Problem error={acting.error} />
      {means?.length === 0 ? <Empty icon="person">{t('meansIssuedNone')}</Empty> : null}
      <ul className="stack tight">
        {means?.map((each) => (
          <MeansRow key={each.id} means={each} mayConfirm={false} onState={(state) => run(() => api.send('POST', `/api/avis/means/${each.id}/${state}`).then(load))} />
        ))}
      </ul>
      <form className="row bottom" onSubmit={issue}>
        <Field id="means-person" label={t('meansPerson')}>
          <input id="means-person" autoComplete="off" required value={person} onChange={(event) => setPerson(event.target.value)} />
        </Field>
        <Field id="means-kind" label={t('meansKind')}>
          <select id="means-kind" value={kind} onChange={(event) => setKind(event.target.value)}>
            {['student_card', 'transport_card', 'customer_card', 'qr'].map((each) => (
              <option key={each} value={each}>
                {word('means_', each)}
              </option>
            ))}
          </select>
        </Field>
        <button type="submit" className="button" data-testid="means-issue" disabled={acting.busy}>
          {t('meansIssue')}
        </button>
      </form>
      {token ? (
        <p role="status" className="notice" data-testid="means-token">
          {t('meansToken', { token })}
        </p>
      ) : null}
    </section>
  );
}
