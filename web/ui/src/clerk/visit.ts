import type { RequestView } from '../api/types';

export type VisitState = 'session' | 'ringing' | 'waits';

export interface VisitPlace {
  n: number;
  request: RequestView;
  state: VisitState;
}

/** The places at which one client is served one after another, in the order in which they were asked for. */
export function visitsOf(requests: RequestView[]): VisitPlace[][] {
  const found = new Map<string, RequestView[]>();
  for (const request of requests) {
    if (request.visit_id) found.set(request.visit_id, [...(found.get(request.visit_id) ?? []), request]);
  }
  return [...found.values()]
    .filter((places) => places.length > 1)
    .map((places) =>
      [...places]
        .sort((a, b) => a.created_at_ms - b.created_at_ms || a.id.localeCompare(b.id))
        .map((request, index) => ({ n: index + 1, request, state: stateOf(request) })),
    );
}

function stateOf(request: RequestView): VisitState {
  if (request.state === 'accepted') return 'session';
  return request.state === 'offered' ? 'ringing' : 'waits';
}
