import { ApiError } from '../api/client';
import { api } from '../app';
import { createStore } from '../ui/store';

/** A company in whose name the panel is shown: by representing it, or by an authorisation. */
export interface Principal {
  reg_no: string;
  name: string;
  basis: string;
  scopes: string[];
  valid_to: string | null;
}

/** In whose name this window shows the panel; null: the citizen's own. It lives in the window alone. */
export const identity = createStore<Principal | null>(null);
/** Why the window went back to the private person, until that was read. */
export const dropped = createStore<{ company: string; reason: string } | null>(null);

/** What makes sense in a company's name. */
export const COMPANY_WIDGETS = ['me', 'eaddress', 'powers', 'consultations', 'open_now'];

/** A call in the name that the panel is shown in; when the right to it is gone, the panel is private again. */
async function inName<T>(call: (headers: Record<string, string>) => Promise<T>): Promise<T> {
  const company = identity.get();
  try {
    return await call(company ? { 'X-Acting-For': company.reg_no } : {});
  } catch (caught) {
    if (caught instanceof ApiError && caught.code === 'identity_ended' && company && identity.get()?.reg_no === company.reg_no) {
      dropped.set({ company: company.name, reason: String(caught.details['reason'] ?? '') });
      identity.set(null);
    }
    throw caught;
  }
}

export const panel = {
  get: <T>(path: string) => inName((headers) => api.get<T>(`/api/panel/${path}`, headers)),
  send: <T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body: object = {}, more: Record<string, string> = {}) =>
    inName((headers) => api.send<T>(method, `/api/panel/${path}`, body, { ...headers, ...more })),
};
