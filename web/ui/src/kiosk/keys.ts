import type { ApiError } from '../api/client';

/** This device's key: made here, kept by the browser, never readable by anybody, this page included. */

const STORE = 'kept';

/** What a device keeps: its key and what the service gave it. Nothing about any person. */
export interface Kept {
  keys: CryptoKeyPair;
  refresh?: string | undefined;
  access?: string | undefined;
  /** by this device's clock, ms */
  accessUntil?: number | undefined;
  /** names the refresh under way, so that it is one and the same when it has to be sent again */
  attempt?: string | undefined;
}

export async function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
}

/** Where a browser keeps one device; a workstation and a client at home have one each. */
export function drawer(database: string) {
  return {
    read: async () => ((await inStore(database, 'readonly', (store) => store.get('device'))) as Kept | undefined) ?? null,
    keep: async (kept: Kept) => void (await inStore(database, 'readwrite', (store) => store.put(kept, 'device'))),
    forget: async () => void (await inStore(database, 'readwrite', (store) => store.delete('device'))),
  };
}

/** Proves its key with every call, by the service's clock. */
export class Prover {
  private aheadMs = 0;

  protected constructor(protected kept: Kept) {}

  async headers(method: string, path: string): Promise<Record<string, string>> {
    const proof = (access?: string) => proofOf(this.kept.keys, method, path, this.aheadMs, access);
    if (!this.kept.access) return { DPoP: await proof() };
    return { Authorization: `DPoP ${this.kept.access}`, DPoP: await proof(this.kept.access) };
  }

  /** Whether another try may go through now that we know what time it is there. */
  protected mendClock(error: ApiError): boolean {
    const server = Number(error.details['server_time_ms']);
    const ahead = server - Date.now();
    const moved = Math.abs(ahead - this.aheadMs) > 5_000;
    if (server) this.aheadMs = ahead;
    return moved;
  }
}

/** RFC 9449: this call, now, beside this token. `aheadMs`: how far the service's clock is ahead of ours. */
async function proofOf(keys: CryptoKeyPair, method: string, path: string, aheadMs: number, access?: string): Promise<string> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keys.publicKey);
  const claims: Record<string, unknown> = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: location.origin + path.split('?')[0],
    iat: Math.floor((Date.now() + aheadMs) / 1000),
  };
  if (access) claims['ath'] = encode(await crypto.subtle.digest('SHA-256', bytes(access)));
  const signed = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })}.${part(claims)}`;
  return `${signed}.${encode(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, keys.privateKey, bytes(signed)))}`;
}

function part(value: unknown): string {
  return encode(bytes(JSON.stringify(value)).buffer);
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function encode(data: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(data)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

async function inStore(name: string, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const database = await done(
    Object.assign(indexedDB.open(name, 1), {
      onupgradeneeded(this: IDBOpenDBRequest) {
        this.result.createObjectStore(STORE);
      },
    }),
  );
  try {
    return await done(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('storage failed'));
  });
}
