/**
 * Two people changed one document: what only one of them touched is taken from that one, what both did is a clash.
 * A field is a path of at most two names: `name.lv`, `rules.rings`, `levels.vsaa-1`. Lists are one field. Pure.
 */

type Fields = Map<string, unknown>;

const DEEP = 2;

export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => same(left[name], right[name]));
}

function fields(document: unknown, depth = DEEP, prefix = ''): Fields {
  const found: Fields = new Map();
  if (depth === 0 || typeof document !== 'object' || document === null || Array.isArray(document)) {
    return found.set(prefix, document);
  }
  for (const [name, value] of Object.entries(document)) {
    for (const [path, leaf] of fields(value, depth - 1, prefix ? `${prefix}.${name}` : name)) found.set(path, leaf);
  }
  return found;
}

/** The paths of what differs. */
export function differences(one: unknown, other: unknown): string[] {
  const [left, right] = [fields(one), fields(other)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((path) => !same(left.get(path), right.get(path)));
}

/** `document` with the field at `path` as `from` has it; one that `from` lacks is taken out. */
export function taking<D>(document: D, path: string, from: D): D {
  const [head = '', ...rest] = path.split('.');
  // a document that is a list is one field by itself
  if (head === '') return from;
  const target = document as Record<string, unknown>;
  const source = from as Record<string, unknown>;
  if (rest.length > 0) {
    return { ...target, [head]: taking(target[head] ?? {}, rest.join('.'), source[head] ?? {}) } as D;
  }
  if (!(head in source)) return Object.fromEntries(Object.entries(target).filter(([name]) => name !== head)) as D;
  return { ...target, [head]: source[head] } as D;
}

export interface Merged<D> {
  document: D;
  /** what the other changed and we did not */
  theirs: string[];
  /** what both changed differently; ours stands */
  clashes: string[];
}

export function merge<D>(base: D, mine: D, theirs: D): Merged<D> {
  const [ours, others] = [differences(base, mine), differences(base, theirs)];
  const free = others.filter((path) => !ours.includes(path));
  const clashes = others.filter((path) => ours.includes(path)).filter((path) => differences(mine, theirs).includes(path));
  return { document: free.reduce((document, path) => taking(document, path, theirs), mine), theirs: free, clashes };
}
