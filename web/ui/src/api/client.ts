import type { Change, Configuration, Made, Preview } from '../admin/types';
import type { CheckResult, CheckRow, LineJoins } from './checks';
import type { ControlInput, ControlLevel } from './control';
import type { AskedEnrolment, EnrolledCard, Started, Tokens } from './devices';
import type {
  Account,
  Benefits,
  ActingFor,
  AppointmentView,
  CallbackView,
  CaseRow,
  Explanation,
  GroupView,
  GroupHours,
  HomeLink,
  Join,
  MediaKind,
  Me,
  OfficerCard,
  Outcome,
  Priority,
  QueuedView,
  RequestView,
  SessionDocument,
  SessionView,
  Target,
  Slot,
} from './types';

/** A refusal in words for people; `code` is stable, `retryable` says whether the same call may succeed later. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly retryable: boolean,
    readonly field: string | null,
    readonly details: Record<string, unknown>,
    /** How long the service asks us to wait before the next try; 0 when it does not say. */
    readonly retryAfterS = 0,
  ) {
    super(message);
  }
}

/** How one can sign in here; `problem` is the refusal that led to this page. */
export interface SignOnWays {
  ways: ('oidc' | 'wsfed')[];
  demo: boolean;
  problem?: { code: string; message: string; hint: string };
}

export interface NewRequest {
  pak: string;
  group_id?: string;
  officer_id?: string;
  language: string;
  priority: string;
  workstation_id?: string;
  level?: number;
  skills?: string[];
  preferred_officer_id?: string;
  visit_id?: string;
  /** of the catalogue of public services */
  service_id?: string | undefined;
  service?: string | undefined;
  pak_04?: { without_eid: boolean; not_delegated: boolean };
  client: { kind: 'anonymous' } | { kind: 'identified'; personal_code: string; method: string };
}

/** An enrolled workstation: it proves its key with every call, instead of a cookie. */
export interface DeviceAuth {
  headers(method: string, path: string): Promise<Record<string, string>>;
  mend(error: ApiError, api: Api): Promise<boolean>;
}

const MENDS = 2;
/** A workstation's line may swallow everything, and nobody is there to stop the waiting. */
const DEVICE_PATIENCE_MS = 8_000;

export class Api {
  private csrf = '';
  private device: DeviceAuth | null = null;

  constructor(
    private readonly language: () => string,
    private readonly offline: () => { message: string; hint: string },
  ) {}

  async me(): Promise<Me> {
    const me = await this.call<Me>('GET', '/api/me');
    this.csrf = me.csrf_token;
    return me;
  }

  async demoSignIn(accountId: string): Promise<Me> {
    const me = await this.call<Me>('POST', '/api/demo/sign-in', { account_id: accountId });
    this.csrf = me.csrf_token;
    return me;
  }

  /** From now on every call is this device's. */
  useDevice(device: DeviceAuth | null): void {
    this.device = device;
  }

  /** One call as a device that has no token yet, or is about to have the next. */
  async asDevice<T>(device: DeviceAuth, act: () => Promise<T>): Promise<T> {
    const before = this.device;
    this.device = device;
    try {
      return await act();
    } finally {
      this.device = before;
    }
  }

  places = () => this.call<{ places: { id: string; name: string }[] }>('GET', '/api/enrolment/places');
  startEnrolment = (pointId: string, name: string) =>
    this.call<Started>('POST', '/api/enrolment/device', { point_id: pointId, name });
  deviceToken = (body: Record<string, string>) => this.call<Tokens>('POST', '/api/enrolment/token', body);
  openHome = (code: string) =>
    this.call<{ access_token: string; expires_in: number; starts_at_ms: number | null }>('POST', '/api/home/open', { code });
  /** `of`: a session, or an appointment */
  makeLink = (of: 'sessions' | 'appointments', id: string) => this.call<HomeLink>('POST', `/api/${of}/${id}/link`);
  revokeLink = (of: 'sessions' | 'appointments', id: string) => this.call<unknown>('DELETE', `/api/${of}/${id}/link`);
  lookEnrolment = (userCode: string) => this.call<AskedEnrolment>('POST', '/api/enrolment/look', { user_code: userCode });
  confirmEnrolment = (id: string, number: string) =>
    this.call<{ workstation_id: string }>('POST', `/api/enrolment/${id}/confirm`, { number });
  refuseEnrolment = (id: string) => this.call<void>('POST', `/api/enrolment/${id}/refuse`);
  workstations = () =>
    this.call<{ workstations: EnrolledCard[]; fresh_until_ms: number }>('GET', '/api/workstations');
  revokeWorkstation = (id: string) => this.call<void>('POST', `/api/workstations/${id}/revoke`);
  lend = (id: string, identity: string, level: ControlLevel, seconds: number) =>
    this.call<SessionView>('POST', `/api/sessions/${id}/control`, { identity, level, seconds });
  wishControl = (id: string, level: ControlLevel) => this.call<void>('POST', `/api/sessions/${id}/control/wish`, { level });
  dismissWish = (id: string) => this.call<void>('DELETE', `/api/sessions/${id}/control/wish`);
  stopControl = (id: string) => this.call<void>('DELETE', `/api/sessions/${id}/control`);
  steer = (id: string, input: ControlInput) => this.call<void>('POST', `/api/sessions/${id}/control/input`, { input });
  checkLine = () => this.call<LineJoins>('POST', '/api/checks/line');
  /** How many bytes came. */
  checkPayload = async () => {
    const path = '/api/checks/payload';
    const answer = await fetch(path, { headers: (await this.device?.headers('GET', path)) ?? {}, cache: 'no-store' });
    return (await answer.arrayBuffer()).byteLength;
  };
  recordCheck = (check: CheckResult) => this.call<{ weak: string[] }>('POST', '/api/checks', check);
  checks = () => this.call<{ checks: CheckRow[] }>('GET', '/api/checks');
  prove = () => this.call<void>('POST', '/api/demo/prove');

  accounts = () => this.call<{ accounts: Account[] }>('GET', '/api/demo/accounts');
  /** `next`: where one is signed out, too; nowhere after the demo's sign-in. */
  signOut = () => this.call<{ next?: string } | undefined>('POST', '/api/sign-out');
  signOn = (problem: string | null) =>
    this.call<SignOnWays>('GET', `/api/sign-on${problem ? `?${new URLSearchParams({ problem })}` : ''}`);
  ticket = () => this.call<{ ticket: string }>('POST', '/api/ws-ticket');

  /** `key` names the attempt: sent again with the same key it has one effect. */
  createRequest = (body: NewRequest, key: string) =>
    this.call<RequestView>('POST', '/api/requests', body, { 'Idempotency-Key': key });
  withdraw = (id: string, reason: string) => this.call<RequestView>('POST', `/api/requests/${id}/withdraw`, { reason });
  comeBack = (id: string) => this.call<RequestView>('POST', `/api/requests/${id}/return`);
  explain = (id: string) => this.call<Explanation>('GET', `/api/requests/${id}/explanation`);

  hours = (groupId: string) => this.call<GroupHours>('GET', `/api/groups/${groupId}/hours`);
  slots = (groupId: string, from: number, to: number) =>
    this.call<{ slots: Slot[] }>('GET', `/api/groups/${groupId}/slots?from=${from}&to=${to}`);
  /** The same for a time to come, where every appointment is as urgent; `officer_id` is waited for first. */
  book = (body: NewRequest, startsAtMs: number, key: string) =>
    this.call<AppointmentView>(
      'POST',
      '/api/appointments',
      { ...body, priority: undefined, starts_at_ms: startsAtMs },
      { 'Idempotency-Key': key },
    );
  moveAppointment = (id: string, startsAtMs: number) =>
    this.call<AppointmentView>('POST', `/api/appointments/${id}/move`, { starts_at_ms: startsAtMs });
  appointment = (id: string, act: 'seen' | 'arrived') => this.call<AppointmentView>('POST', `/api/appointments/${id}/${act}`);
  cancelAppointment = (id: string, reason: string) =>
    this.call<AppointmentView>('POST', `/api/appointments/${id}/cancel`, { reason });
  keepPlace = (requestId: string) => this.call<CallbackView>('POST', `/api/requests/${requestId}/callback`);
  askCallback = (body: NewRequest, key: string) =>
    this.call<CallbackView>('POST', '/api/callbacks', body, { 'Idempotency-Key': key });
  callback = (id: string, act: 'confirm' | 'not-there') => this.call<CallbackView>('POST', `/api/callbacks/${id}/${act}`);
  cancelCallback = (id: string, reason: string) => this.call<CallbackView>('POST', `/api/callbacks/${id}/cancel`, { reason });

  accept = (id: string, version: number) =>
    this.call<{ session_id: string }>('POST', `/api/offers/${id}/accept`, { version });
  decline = (id: string, version: number, reason: string) =>
    this.call<void>('POST', `/api/offers/${id}/decline`, { version, reason });
  presence = (choice: string, reason?: string) =>
    this.call<OfficerCard>('POST', '/api/presence', reason ? { choice, reason } : { choice });
  wrapUp = (sessionId: string, outcome: Outcome, note: string) =>
    this.call<OfficerCard>('POST', '/api/wrap-up', { session_id: sessionId, outcome, ...(note ? { note } : {}) });

  join = (id: string) => this.call<Join>('POST', `/api/sessions/${id}/join`);
  authorise = (id: string, workstationId: string, delivery: 'push' | 'code') =>
    this.call<{ code: string; expires_at_ms: number }>('POST', `/api/sessions/${id}/authorisation`, {
      workstation_id: workstationId,
      delivery,
    });
  revoke = (id: string) => this.call<SessionView>('DELETE', `/api/sessions/${id}/authorisation`);
  redeem = (code: string) => this.call<Join>('POST', '/api/authorisations/redeem', { code });
  mute = (id: string, identity: string, kind: MediaKind, muted: boolean) =>
    this.call<void>('POST', `/api/sessions/${id}/participants/${identity}/mute`, { kind, muted });
  remove = (id: string, identity: string) =>
    this.call<void>('POST', `/api/sessions/${id}/participants/${identity}/remove`);
  /** One of the acts of `session/acts`. */
  /** A call of a part of the service that keeps its own types. */
  get = <T>(path: string, headers?: Record<string, string>) => this.call<T>('GET', path, undefined, headers);
  send = <T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body: object = {}, headers?: Record<string, string>) => this.call<T>(method, path, body, headers);

  act = <T = void>(id: string, path: string, body: object = {}, method = 'POST') =>
    this.call<T>(method, `/api/sessions/${id}/${path}`, method === 'GET' ? undefined : body);
  upload = (id: string, file: Blob) => this.call<SessionDocument>('POST', `/api/sessions/${id}/documents`, file);
  document = (id: string, documentId: string) => this.call<Blob>('GET', `/api/sessions/${id}/documents/${documentId}`);
  leave = (id: string) => this.call<void>('POST', `/api/sessions/${id}/leave`);
  end = (id: string) => this.call<SessionView>('POST', `/api/sessions/${id}/end`, {});
  client = (id: string) =>
    this.call<{ label: string; kind: string; assurance: string | null }>('GET', `/api/sessions/${id}/client`);
  benefits = (id: string) => this.call<Benefits>('GET', `/api/sessions/${id}/benefits`);
  actingFor = (id: string, regNo: string) =>
    this.call<ActingFor & { status: string; valid_to: string | null }>('POST', `/api/sessions/${id}/acting-for`, {
      reg_no: regNo,
      scope: 'all_legal_person_eservices',
    });

  cases = (query: URLSearchParams) => this.call<{ cases: CaseRow[]; next: string | null }>('GET', `/api/cases?${query}`);
  saveCase = (id: string, version: number, change: { outcome?: Outcome; note?: string }) =>
    this.call<CaseRow>('PATCH', `/api/cases/${id}`, { version, ...change });

  /** For pages that have their own types of what they read and write. */
  read = <T>(path: string) => this.call<T>('GET', path);
  write = <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, key?: string) =>
    this.call<T>(method, path, body, key ? { 'Idempotency-Key': key } : {});

  targets = () => this.call<{ agencies: Target[] }>('GET', '/api/supervisor/targets');
  explainQueued = (id: string) => this.call<Explanation>('GET', `/api/supervisor/requests/${id}/explanation`);
  setOpen = (groupId: string, open: boolean) =>
    this.call<GroupView>('POST', `/api/supervisor/groups/${groupId}/open`, { open });
  move = (id: string, groupId: string) =>
    this.call<QueuedView>('POST', `/api/supervisor/requests/${id}/move`, { group_id: groupId });
  prioritise = (id: string, priority: Priority) =>
    this.call<QueuedView>('POST', `/api/supervisor/requests/${id}/priority`, { priority });
  assign = (id: string, officerId: string) =>
    this.call<QueuedView>('POST', `/api/supervisor/requests/${id}/assign`, { officer_id: officerId });
  setState = (officerId: string, choice: string) =>
    this.call<OfficerCard>('POST', `/api/supervisor/officers/${officerId}/state`, { choice });

  configuration = () => this.call<Configuration>('GET', '/api/admin');
  previewChange = (change: Change) => this.call<Preview>('POST', '/api/admin/preview', { change });
  makeChange = (change: Change) => this.call<Made>('POST', '/api/admin/changes', { change });

  private async call<T>(method: string, path: string, body?: unknown, extra: Record<string, string> = {}): Promise<T> {
    for (let mended = 0; ; mended += 1) {
      try {
        return await this.callOnce<T>(method, path, body, extra);
      } catch (error) {
        // after a long sleep both the clock and the token may be wrong
        const hope = this.device && mended < MENDS && error instanceof ApiError;
        if (!hope || !(await this.device?.mend(error, this))) throw error;
      }
    }
  }

  private async callOnce<T>(method: string, path: string, body: unknown, extra: Record<string, string>): Promise<T> {
    const proof = await this.device?.headers(method, path);
    const headers: Record<string, string> = { 'Accept-Language': this.language(), ...extra, ...proof };
    if (method !== 'GET') headers['X-CSRF-Token'] = this.csrf;
    const file = body instanceof Blob;
    if (body !== undefined) headers['Content-Type'] = file ? 'application/octet-stream' : 'application/json';
    let answer: Response;
    try {
      answer = await fetch(path, {
        method,
        headers,
        credentials: 'same-origin',
        ...(this.device && !file ? { signal: AbortSignal.timeout(DEVICE_PATIENCE_MS) } : {}),
        ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
      });
    } catch {
      const { message, hint } = this.offline();
      throw new ApiError(0, 'offline', message, hint, true, null, {});
    }
    if (answer.status === 204) return undefined as T;
    if (answer.ok && answer.headers.has('Content-Disposition')) return (await answer.blob()) as T;
    const content: unknown = await answer.json().catch(() => null);
    if (answer.ok) return content as T;
    const retryAfterS = Number(answer.headers.get('Retry-After')) || 0;
    throw errorOf(answer.status, content, this.offline(), retryAfterS);
  }
}

function errorOf(
  status: number,
  content: unknown,
  fallback: { message: string; hint: string },
  retryAfterS: number,
): ApiError {
  const error = (content as { error?: Record<string, unknown> } | null)?.error ?? {};
  const text = (name: string, otherwise: string) => (typeof error[name] === 'string' ? error[name] : otherwise);
  return new ApiError(
    status,
    text('code', 'internal'),
    text('message', fallback.message),
    text('hint', fallback.hint),
    error['retryable'] === true,
    typeof error['field'] === 'string' ? error['field'] : null,
    (error['details'] as Record<string, unknown> | undefined) ?? {},
    retryAfterS,
  );
}
