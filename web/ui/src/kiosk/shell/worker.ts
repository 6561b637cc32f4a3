/**
 * The workstation's page without a line: a van that is switched on in the fields shows our own words, and goes on by
 * itself. Kept are the files of one build, named when it was built (vite.config.ts), fetched without a cookie when the
 * worker is installed and at no other time. So nothing of any session can be among them.
 */
import { PAGE, planOf } from './plan';

/** Written in by the build: a hash of what is kept, and the addresses. */
declare const __SHELL__: { version: string; files: string[] };

interface Lives extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asks extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
/** What this file uses of a service worker's world; the rest of the application is typed as a page. */
const world = self as unknown as {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(name: 'install' | 'activate', act: (event: Lives) => void): void;
  addEventListener(name: 'fetch', act: (event: Asks) => void): void;
};

const { version, files } = __SHELL__;
const CACHE = __SHELL_CACHE__ + version;
/** A line that swallows everything is as good as none: nobody looks at an empty screen for longer. */
const PATIENCE_MS = 4_000;

world.addEventListener('install', (event) => event.waitUntil(keep()));
world.addEventListener('activate', (event) => event.waitUntil(takeOver()));
world.addEventListener('fetch', (event) => {
  const plan = planOf(event.request, location.origin, files);
  if (plan === 'page') event.respondWith(page(event.request));
  if (plan === 'file') event.respondWith(file(event.request));
});

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([PAGE, ...files].map((path) => new Request(path, { cache: 'no-cache', credentials: 'omit' })));
  await world.skipWaiting();
}

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(__SHELL_CACHE__) && name !== CACHE) await caches.delete(name);
  }
  await world.clients.claim();
}

async function page(request: Request): Promise<Response> {
  let answer: Response | null = null;
  try {
    answer = await Promise.race([fetch(request), late()]);
  } catch {
    // no line
  }
  if (answer && answer.status < 500) return answer;
  return (await kept(PAGE)) ?? answer ?? Response.error();
}

async function file(request: Request): Promise<Response> {
  return (await kept(request)) ?? fetch(request);
}

async function kept(what: RequestInfo): Promise<Response | undefined> {
  return (await caches.open(CACHE)).match(what, { ignoreVary: true });
}

function late(): Promise<null> {
  return new Promise((done) => setTimeout(() => done(null), PATIENCE_MS));
}
