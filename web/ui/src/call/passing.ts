/** Small things that pass by between pages in a call; what is lost is said anew. Whatever is not of their shape is dropped. */
export type Passing =
  | { topic: 'scroll'; document_id: string; at: number }
  | { topic: 'typing'; text: string };

const MOST = 2_000;

export function parsePassing(topic: string | undefined, payload: Uint8Array): Passing | null {
  if (topic !== 'scroll' && topic !== 'typing') return null;
  try {
    const body = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    if (topic === 'typing') return typeof body['text'] === 'string' ? { topic, text: body['text'].slice(0, MOST) } : null;
    const { document_id, at } = body;
    if (typeof document_id !== 'string' || typeof at !== 'number' || !(at >= 0 && at <= 1)) return null;
    return { topic, document_id, at };
  } catch {
    return null;
  }
}
