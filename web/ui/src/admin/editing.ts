import { useCallback, useState } from 'react';

import { keepDraft, readDraft } from '../ui/drafts';
import { configuration } from './configuration';
import { differences, merge, taking } from './merge';

/** A document being changed: what it was, what it is to become, and what others did meanwhile. */
interface Kept<D> {
  etag: string | null;
  base: D;
  mine: D;
  /** fields that somebody else changed while we edited */
  theirs: string[];
  clashes: string[];
}

export interface Editing<D> extends Kept<D> {
  /** fields that differ from what is saved */
  changed: string[];
  set: (change: (now: D) => D) => void;
  /** of a field that both changed, take theirs */
  take: (path: string) => void;
  keep: (path: string) => void;
  discard: () => void;
}

export /** Drafts belong to an agency: whoever signs in next in this window may administer another one. */
function keyOf(name: string): string {
  return `admin.${configuration.get()?.agency.id ?? ''}.${name}`;
}

export function hasDraft(name: string): boolean {
  return readDraft(keyOf(name)) !== '';
}

export function dropDraft(name: string): void {
  keepDraft(keyOf(name), '');
}

/**
 * Follows `saved`, the document as the server has it. What is typed is kept on the device under `name`; when the saved
 * document changes under our hands, both are merged and nothing of ours is lost.
 */
export function useEditing<D>(name: string, saved: { document: D; etag: string | null }): Editing<D> {
  const [kept, setKept] = useState<Kept<D>>(() => read(name) ?? fresh(saved));
  const [shown, setShown] = useState(name);
  let now = kept;
  if (shown !== name) {
    now = read<D>(name) ?? fresh(saved);
    setShown(name);
  }
  if (now.etag !== saved.etag) now = rebase(now, saved);
  if (now !== kept) setKept(now);

  const write = useCallback(
    (change: (known: Kept<D>) => Kept<D>) =>
      setKept((known) => {
        const next = change(known);
        const idle = differences(next.base, next.mine).length === 0;
        keepDraft(keyOf(name), idle ? '' : JSON.stringify(next));
        return next;
      }),
    [name],
  );
  return {
    ...now,
    changed: differences(now.base, now.mine),
    set: useCallback((change) => write((known) => ({ ...known, mine: change(known.mine) })), [write]),
    take: useCallback(
      (path) => write((known) => ({ ...known, mine: taking(known.mine, path, known.base), clashes: known.clashes.filter((each) => each !== path) })),
      [write],
    ),
    keep: useCallback((path) => write((known) => ({ ...known, clashes: known.clashes.filter((each) => each !== path) })), [write]),
    discard: useCallback(() => write((known) => ({ ...known, mine: known.base, theirs: [], clashes: [] })), [write]),
  };
}

function fresh<D>(saved: { document: D; etag: string | null }): Kept<D> {
  return { etag: saved.etag, base: saved.document, mine: saved.document, theirs: [], clashes: [] };
}

function rebase<D>(known: Kept<D>, saved: { document: D; etag: string | null }): Kept<D> {
  if (differences(known.base, known.mine).length === 0) return fresh(saved);
  const merged = merge(known.base, known.mine, saved.document);
  // our own save comes back as "theirs": then nothing differs any more
  if (differences(merged.document, saved.document).length === 0) return fresh(saved);
  return {
    etag: saved.etag,
    base: saved.document,
    mine: merged.document,
    theirs: [...new Set([...known.theirs, ...merged.theirs])],
    clashes: [...new Set([...known.clashes, ...merged.clashes])],
  };
}

function read<D>(name: string): Kept<D> | null {
  const text = readDraft(keyOf(name));
  if (!text) return null;
  try {
    return JSON.parse(text) as Kept<D>;
  } catch {
    return null;
  }
}
