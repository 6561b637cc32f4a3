import type { Callable, MediaKind, SessionView } from '../api/types';
import { api } from '../app';

/** Who is called in, and what they have to know. */
export interface Whom {
  group_id?: string;
  officer_id?: string;
  level?: number;
  note?: string;
}

/** What officials and the moderator do in a session; each may be refused with words for people. */
export const acts = {
  hold: (id: string, identity: string) => api.act(id, `participants/${identity}/hold`),
  admit: (id: string, identity: string) => api.act(id, `participants/${identity}/admit`),
  ask: (id: string, identity: string, kind: MediaKind) => api.act(id, `participants/${identity}/ask`, { kind }),
  answer: (id: string, kind: MediaKind) => api.act(id, 'answer', { kind }),
  rename: (id: string, identity: string, name: string) => api.act(id, `participants/${identity}/rename`, { name }),
  handOver: (id: string, identity: string) => api.act(id, `participants/${identity}/moderator`),
  takeBack: (id: string) => api.act(id, 'moderator/take-back'),
  spotlight: (id: string, identity: string | null) => api.act(id, 'spotlight', { identity }),
  lock: (id: string, on: boolean) => api.act(id, 'lock', { on }),
  tellLobby: (id: string, message: string) => api.act(id, 'lobby-message', { message }),
  microphone: (id: string, identity: string | null) => api.act(id, 'microphone', { identity }),
  knock: (id: string, on: boolean) => api.act(id, 'knock', { on }),
  callable: (id: string) => api.act<Callable>(id, 'callable', {}, 'GET'),
  call: (id: string, kind: 'specialist' | 'transfer', whom: Whom) =>
    api.act<SessionView>(id, 'official', { kind, ...whom }),
  takeCallBack: (id: string) => api.act<SessionView>(id, 'official', {}, 'DELETE'),
  confer: (id: string, on: boolean) => api.act(id, 'private', { on }),
  handBack: (id: string, what: string, note: string) => api.act(id, 'hand-back', { what, note }),
  resume: (id: string) => api.act(id, 'resume'),
  identify: (id: string, personalCode: string, method: string) =>
    api.act<SessionView>(id, 'identity', { personal_code: personalCode, method }),
  activateEaddress: (id: string) => api.act<{ status: string }>(id, 'eaddress'),
  privatePerson: (id: string) => api.act(id, 'acting-for', {}, 'DELETE'),
  train: (id: string, service: string, alone: boolean) => api.act(id, 'training', { service, alone }),
  showDocument: (id: string, documentId: string | null) => api.act(id, 'shown', { document_id: documentId }),
  keepDocument: (id: string, documentId: string, on: boolean) => api.act(id, `documents/${documentId}/keep`, { on }),
  removeDocument: (id: string, documentId: string) => api.act(id, `documents/${documentId}`, {}, 'DELETE'),
};
