import { createContext, type ReactNode, useContext } from 'react';

import { type Key, useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { Field } from '../ui/parts';
import type { Problems } from './types';

/** What the server found wrong with the document that is being edited, by field path. */
export const ProblemsOf = createContext<Problems>({});

/** The id of the control for a field path, so that the summary of errors can lead there. */
export function idOf(path: string): string {
  return `field-${path.replace(/[^\w-]/g, '-')}`;
}

export function useProblem(path: string): string | null {
  const { word } = useTexts();
  const code = useContext(ProblemsOf)[path];
  return code === undefined ? null : word('bad_', code);
}

/** Says what is wrong with something that is not a single control. */
export function Wrong({ path }: { path: string }) {
  const problem = useProblem(path);
  return problem === null ? null : (
    <p className="wrong" id={idOf(path)} tabIndex={-1}>
      <Icon name="warning" size={16} /> {problem}
    </p>
  );
}

export function Section({ title, hint, children, id }: { title: string; hint?: string; children: ReactNode; id?: string }) {
  return (
    <section className="card stack" aria-label={title} data-testid={id}>
      <div>
        <h2>{title}</h2>
        {hint ? <p className="hint">{hint}</p> : null}
      </div>
      {children}
    </section>
  );
}

interface ControlProps {
  path: string;
  label: string;
  hint?: string;
}

function describedBy(id: string, hint: boolean, wrong: boolean): string | undefined {
  const found = [wrong ? `${id}-error` : '', hint ? `${id}-hint` : ''].filter(Boolean);
  return found.length > 0 ? found.join(' ') : undefined;
}

export function TextField({
  path,
  label,
  hint,
  value,
  onChange,
  onBlur,
  narrow,
  lang,
}: ControlProps & {
  value: string;
  onChange: (text: string) => void;
  onBlur?: () => void;
  narrow?: boolean;
  lang?: string;
}) {
  const [id, error] = [idOf(path), useProblem(path)];
  return (
    <div className={narrow ? 'narrow-field' : undefined}>
      <Field id={id} label={label} error={error} {...(hint ? { hint } : {})}>
        <input
          id={id}
          lang={lang}
          autoComplete="off"
          aria-invalid={error !== null}
          aria-describedby={describedBy(id, Boolean(hint), error !== null)}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          onBlur={onBlur}
        />
      </Field>
    </div>
  );
}

/** A number, or nothing at all, which then means what `placeholder` says. */
export function NumberField({
  path,
  label,
  hint,
  value,
  min,
  max,
  placeholder,
  onChange,
}: ControlProps & { value: number | null; min: number; max: number; placeholder?: string; onChange: (value: number | null) => void }) {
  const [id, error] = [idOf(path), useProblem(path)];
  return (
    <Field id={id} label={label} error={error} {...(hint ? { hint } : {})}>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        min={min}
        max={max}
        placeholder={placeholder}
        aria-invalid={error !== null}
        aria-describedby={describedBy(id, Boolean(hint), error !== null)}
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value === '' ? null : Number(event.target.value))}
      />
    </Field>
  );
}

export function SelectField({
  path,
  label,
  hint,
  value,
  options,
  onChange,
}: ControlProps & { value: string; options: [value: string, label: string][]; onChange: (value: string) => void }) {
  const [id, error] = [idOf(path), useProblem(path)];
  return (
    <Field id={id} label={label} error={error} {...(hint ? { hint } : {})}>
      <select
        id={id}
        aria-invalid={error !== null}
        aria-describedby={describedBy(id, Boolean(hint), error !== null)}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function Toggle({
  label,
  hint,
  checked,
  onChange,
  id,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (on: boolean) => void;
  id?: string;
}) {
  return (
    <label className="check toggle">
      <input type="checkbox" role="switch" checked={checked} data-testid={id} onChange={(event) => onChange(event.target.checked)} />
      <span>
        {label}
        {hint ? <span className="hint">{hint}</span> : null}
      </span>
    </label>
  );
}

/** Several of a few. */
export function Checks({
  path,
  legend,
  hint,
  options,
  chosen,
  onToggle,
}: {
  path: string;
  legend: string;
  hint?: string;
  options: [value: string, label: string][];
  chosen: readonly string[];
  onToggle: (value: string, on: boolean) => void;
}) {
  return (
    <fieldset className="stack tight">
      <legend>{legend}</legend>
      {hint ? <p className="hint">{hint}</p> : null}
      <Wrong path={path} />
      <div className="checks">
        {options.map(([value, label]) => (
          <label key={value} className="check">
            <input type="checkbox" checked={chosen.includes(value)} onChange={(event) => onToggle(value, event.target.checked)} />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** 0 is no member; the words say what a level is. */
export function LevelSelect({
  path,
  label,
  value,
  onChange,
  testId,
}: {
  path: string;
  label: string;
  value: number;
  onChange: (level: number) => void;
  testId?: string;
}) {
  const { t } = useTexts();
  const error = useProblem(path);
  const id = idOf(path);
  return (
    <div className={error ? 'field field-wrong' : 'field'}>
      <select
        id={id}
        aria-label={label}
        aria-invalid={error !== null}
        aria-describedby={error ? `${id}-error` : undefined}
        data-testid={testId}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        <option value={0}>{t('notMember')}</option>
        {[1, 2, 3, 4, 5].map((level) => (
          <option key={level} value={level}>
            {t(`level_${level as 1}`)}
          </option>
        ))}
      </select>
      {error ? (
        <p className="wrong" id={`${id}-error`}>
          {error}
        </p>
      ) : null}
    </div>
  );
}

/** A name for a field path, as people know it: the longest known beginning of the path. */
export function useFieldName(): (path: string) => string {
  const { t, word } = useTexts();
  return (path) => {
    const parts = path.split('.');
    for (let length = parts.length; length > 0; length -= 1) {
      const key = `field_${parts.slice(0, length).join('_')}`;
      const text = word('', key);
      if (text !== key) return text;
    }
    return t('field_other' satisfies Key);
  };
}
