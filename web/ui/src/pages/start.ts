import { ApiError } from '../api/client';
import type { Role } from '../api/types';
import type { Device } from '../kiosk/device';
import { keepShell } from '../kiosk/shell/keep';
import { api, live, me } from '../app';
import { createStore } from '../ui/store';
import { go } from '../ui/route';

/** Why the page could not start, or null. */
export const startProblem = createStore<ApiError | null>(null);

/** Whether the service is a demo; known once it refused somebody who is not signed in. */
export const demo = createStore(false);
/** Whether this was a workstation until it was let go. */
export const revoked = createStore(false);

const HOMES: Partial<Record<Role, string>> = {
  clerk: '/clerk',
  officer: '/officer',
  workstation: '/kiosk',
  at_home: '/home',
  supervisor: '/board',
  agency_administrator: '/admin',
  grantor: '/avis',
  provider: '/avis',
  avis_administrator: '/avis',
  citizen: '/panel',
  network_manager: '/network/indicators',
};

export function homeOf(role: Role): string {
  return HOMES[role] ?? '/accessibility';
}

/** Ask who is signed in; `?account=` signs a demo account in by itself, so that one address is enough for a role. */
export async function start(): Promise<void> {
  const query = new URLSearchParams(location.search);
  if (query.has('diagnostics')) sessionStorage.setItem('diagnostics', '1');
  startProblem.set(null);
  if (location.pathname === '/home') {
    // whoever comes by a personal link is nobody until it is opened, whoever else is signed in here
    me.set(null);
    return;
  }
  if (location.pathname === '/kiosk') keepShell();
  try {
    const account = query.get('account');
    const device = location.pathname === '/kiosk' && !account ? await enrolled() : null;
    api.useDevice(device);
    let who = await api.me().catch((error: unknown) => (device ? letGo(error, device) : notSignedIn(error)));
    if (account && who?.principal.id !== account) who = await api.demoSignIn(account);
    if (who && location.pathname === '/kiosk' && who.principal.role !== 'workstation') {
      // The clerk's own notebook: what the clerk may see is not for the client's window.
      demo.set(who.demo);
      who = null;
    }
    me.set(who);
    if (!who) return;
    if (account || location.pathname === '/' || location.pathname === '/sign-in') {
      go(homeOf(who.principal.role), { replace: true });
    }
    live.start();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    startProblem.set(error);
  }
}

/** A new account begins on a fresh page: nothing of the one before stays in memory. */
export async function signInAs(accountId: string): Promise<void> {
  const who = await api.demoSignIn(accountId);
  location.assign(homeOf(who.principal.role));
}

export async function signOut(): Promise<void> {
  live.stop();
  const left = await api.signOut().catch(() => undefined);
  location.assign(left?.next || '/sign-in');
}

/** The key of an enrolled workstation is only looked for where one would be. */
async function enrolled(): Promise<Device | null> {
  const { Device } = await import('../kiosk/device');
  const device = await Device.known();
  if (device) await device.ready(api).catch(() => undefined);
  return device;
}

/** What ends an enrolment; anything else is not said of the enrolment, and may pass. */
const OVER = ['enrolment_revoked', 'token_invalid'];

async function letGo(error: unknown, device: Device): Promise<null> {
  if (!(error instanceof ApiError) || !OVER.includes(error.code)) throw error;
  await device.forget();
  api.useDevice(null);
  revoked.set(true);
  return notSignedIn(error);
}

function notSignedIn(error: unknown): null {
  if (error instanceof ApiError && error.status === 401) {
    demo.set(error.details['demo'] === true);
    return null;
  }
  throw error;
}
