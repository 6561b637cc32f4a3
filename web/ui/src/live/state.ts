import type { ArrivedInput } from '../api/control';
import type {
  Agency,
  AppointmentView,
  BoardView,
  CallbackView,
  CaseRow,
  DirectoryView,
  GroupView,
  Load,
  OfferView,
  OfficerCard,
  Overview,
  QueuedView,
  RequestView,
  SessionView,
  SupervisorNotice,
  WorkstationCard,
  WrapUp,
} from '../api/types';

/** so many notices are kept */
const NOTICES = 20;
/** so many inputs are kept: they are heeded one by one as they come */
const INPUTS = 50;

/** Everything a console knows; each role's snapshot fills its part. */
export interface LiveState {
  ready: boolean;
  agencies: Agency[];
  groups: GroupView[];
  officers: OfficerCard[];
  workstations: WorkstationCard[];
  requests: RequestView[];
  appointments: AppointmentView[];
  callbacks: CallbackView[];
  /** the queues of a supervisor's agency; `inOrder` puts one in its order */
  queue: QueuedView[];
  /** what supervisors did that concerns us, the newest last */
  notices: SupervisorNotice[];
  session: SessionView | null;
  /** other sessions that run at the same time: kept, and out of sight */
  held: SessionView[];
  /** the session that is to come to the front as soon as it is there */
  wanted: string | null;
  /** the officer who served last, for "the same officer again" */
  lastServed: string | null;
  officer: OfficerCard | null;
  offer: OfferView | null;
  offerReason: string | null;
  wrapUp: WrapUp | null;
  load: Load | null;
  workstation: WorkstationCard | null;
  board: BoardView | null;
  authorisation: { session_id: string; code: string } | null;
  /** what an official sent to this workstation, the newest last */
  inputs: ArrivedInput[];
  lastCase: CaseRow | null;
  /** agency → how often its directory has changed, as far as we were told */
  versions: Record<string, number>;
}

export const EMPTY: LiveState = {
  ready: false,
  agencies: [],
  groups: [],
  officers: [],
  workstations: [],
  requests: [],
  appointments: [],
  callbacks: [],
  queue: [],
  notices: [],
  session: null,
  held: [],
  wanted: null,
  lastServed: null,
  officer: null,
  offer: null,
  offerReason: null,
  wrapUp: null,
  load: null,
  workstation: null,
  board: null,
  authorisation: null,
  inputs: [],
  lastCase: null,
  versions: {},
};

export function applySnapshot(state: Record<string, unknown>): LiveState {
  const known = Object.fromEntries(Object.entries(state).filter(([name]) => name in EMPTY));
  const session = state['session'] ? whole(state['session'] as SessionView) : null;
  const held = ((state['held'] as SessionView[] | undefined) ?? []).map(whole);
  return { ...EMPTY, ...known, session, held, wrapUp: (state['wrap_up'] as WrapUp | null | undefined) ?? null, ready: true };
}

/** One event applied; an event we do not know changes nothing. */
export function applyEvent(state: LiveState, type: string, data: unknown): LiveState {
  switch (type) {
    case 'officer.changed': {
      const card = data as OfficerCard;
      return {
        ...state,
        officers: upsert(state.officers, card),
        officer: state.officer?.id === card.id ? card : state.officer,
      };
    }
    case 'overview.changed': {
      // of many at once what moves, for those who watch them all
      const { groups, officers } = data as Overview;
      return { ...state, groups: moved(state.groups, groups), officers: moved(state.officers, officers) };
    }
    case 'group.changed':
      return { ...state, groups: upsert(state.groups, data as GroupView) };
    case 'directory.changed': {
      const { agency, groups, officers, version } = data as DirectoryView;
      const others = <T extends { agency_id: string }>(list: T[]) => list.filter((each) => each.agency_id !== agency.id);
      return {
        ...state,
        agencies: upsert(state.agencies, agency),
        groups: [...others(state.groups), ...groups],
        officers: [...others(state.officers), ...officers],
        versions: { ...state.versions, [agency.id]: version },
      };
    }
    case 'membership.changed': {
      const { officer, groups } = data as { officer: OfficerCard; groups: GroupView[] };
      return state.officer?.id === officer.id ? { ...state, officer, groups } : state;
    }
    case 'request.changed': {
      const request = data as RequestView;
      const closed = ['ended', 'withdrawn', 'unserved'].includes(request.state);
      const served = request.state === 'ended' && request.officer_id;
      return {
        ...state,
        requests: keep(state.requests, request, closed),
        lastServed: served || state.lastServed,
      };
    }
    case 'queued.changed': {
      const request = data as QueuedView;
      const ours = state.agencies.some((each) => each.id === request.agency_id);
      const waits = ours && (request.state === 'queued' || request.state === 'offered');
      return {
        ...state,
        queue: keep(state.queue, request, !waits),
      };
    }
    case 'supervisor.acted':
      return { ...state, notices: [...state.notices, data as SupervisorNotice].slice(-NOTICES) };
    case 'appointment.changed': {
      const appointment = data as AppointmentView;
      const over = appointment.state === 'converted' || appointment.state === 'cancelled';
      return { ...state, appointments: keep(state.appointments, appointment, over) };
    }
    case 'callback.changed': {
      const callback = data as CallbackView;
      const over = callback.state === 'converted' || callback.state === 'cancelled';
      return { ...state, callbacks: keep(state.callbacks, callback, over) };
    }
    case 'offer.changed': {
      const change = data as { offer: OfferView | null; reason?: string };
      return { ...state, offer: change.offer, offerReason: change.offer ? null : (change.reason ?? null) };
    }
    case 'wrap_up.changed':
      return { ...state, wrapUp: (data as { wrap_up: WrapUp | null }).wrap_up };
    case 'session.changed':
      return withSession(state, whole(data as SessionView));
    case 'workstation.changed': {
      const card = data as WorkstationCard;
      return {
        ...state,
        workstations: upsert(state.workstations, card),
        workstation: state.workstation?.id === card.id ? card : state.workstation,
      };
    }
    case 'authorisation.offered':
      return { ...state, authorisation: data as { session_id: string; code: string } };
    case 'control.input':
      return { ...state, inputs: [...state.inputs, data as ArrivedInput].slice(-INPUTS) };
    case 'load.changed':
      return { ...state, load: data as Load };
    case 'board.changed':
      return { ...state, board: data as BoardView };
    case 'case.changed':
      return { ...state, lastCase: data as CaseRow };
    default:
      return state;
  }
}

/** One session is in front. Another one that begins meanwhile waits beside it, and the one in front is not disturbed. */
function withSession(state: LiveState, session: SessionView): LiveState {
  const front = state.session;
  const others = state.held.filter((each) => each.id !== session.id);
  const busy = front !== null && front.id !== session.id && front.state !== 'ended';
  if (busy && session.state === 'ended') return { ...state, held: others };
  if (busy && state.wanted !== session.id) return { ...state, held: upsert(state.held, session) };
  const over = session.state === 'ended' || session.workstation?.state === 'in_session';
  return {
    ...state,
    session,
    held: busy ? [...others, front] : others,
    wanted: state.wanted === session.id ? null : state.wanted,
    authorisation: over ? null : state.authorisation,
  };
}

/** Bring a session to the front: at once when it is there, else when it comes. */
export function toFront(state: LiveState, id: string): LiveState {
  const next = state.held.find((each) => each.id === id);
  if (!next) return state.session?.id === id ? state : { ...state, wanted: id };
  const front = state.session;
  const left = state.held.filter((each) => each.id !== id);
  return { ...state, session: next, held: front && front.state !== 'ended' ? [...left, front] : left, wanted: null };
}

/** A workstation that waits is told almost nothing: what is missing is empty. */
const NOTHING = {
  identity: null,
  can_moderate: false,
  pak: null,
  topic: null,
  ticket: null,
  agency_id: null,
  opened_at_ms: null,
  live_at_ms: null,
  ended_at_ms: null,
  end_reason: null,
  participants: [],
  workstation: null,
  acting_for: null,
  control: null,
  wish: null,
  client: null,
  door: null,
  locked: false,
  spotlight: null,
  private: false,
  lobby_message: '',
  lobby: [],
  call: null,
  handed_back: null,
  room_microphone: null,
  documents: [],
  training: null,
  shown: null,
} as const;

function whole(session: SessionView): SessionView {
  return { ...NOTHING, ...session };
}

/** What is over is dropped, everything else taken by id. */
function keep<T extends { id: string }>(list: T[], item: T, over: boolean): T[] {
  return over ? list.filter((each) => each.id !== item.id) : upsert(list, item);
}

/** An answer may have been overtaken by what the live channel told meanwhile. */
export function newest(known: OfficerCard | null, answered: OfficerCard): OfficerCard {
  return known && known.since_ms > answered.since_ms ? known : answered;
}

/** What is known stays and takes the parts that moved; of what we do not know, the directory will tell. */
function moved<T extends { id: string }>(list: T[], parts: ({ id: string } & Partial<T>)[]): T[] {
  if (parts.length === 0) return list;
  const found = new Map(parts.map((part) => [part.id, part]));
  return list.map((each) => (found.has(each.id) ? { ...each, ...found.get(each.id) } : each));
}

function upsert<T extends { id: string }>(list: T[], item: T): T[] {
  const at = list.findIndex((each) => each.id === item.id);
  if (at < 0) return [...list, item];
  return list.map((each, index) => (index === at ? item : each));
}
