/** Small things that pass by between pages in a call; what is lost is said anew. Whatever is not of their shape is dropped. */
export type Passing =
  | { topic: 'scroll'; document_id: string; at: number }
  | { topic: 'typing'; text: string }
  /** where one points at the client's screen, as shares of its width and height */
  | { topic: 'pointer'; x: number; y: number };

const MOST = 2_000;

export function parsePassing(topic: string | undefined, payload: Uint8Array): Passing | null {
  if (topic !== 'scroll' && topic !== 'typing' && topic !== 'pointer') return null;
  try {
    const body = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    if (topic === 'typing') return typeof body['text'] === 'string' ? { topic, text: body['text'].slice(0, MOST) } : null;
    const share = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;
    const { document_id, at, x, y } = body;
    if (topic === 'pointer') return share(x) && share(y) ? { topic, x, y } : null;
    if (typeof document_id !== 'string' || !share(at)) return null;
    return { topic, document_id, at };
  } catch {
    return null;
  }
}
