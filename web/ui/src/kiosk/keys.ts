/** This device's key: made here, kept by the browser, never readable by anybody, this page included. */

const DATABASE = 'klatiene-device';
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

export async function readKept(): Promise<Kept | null> {
  return ((await inStore('readonly', (store) => store.get('device'))) as Kept | undefined) ?? null;
}

export async function keep(kept: Kept): Promise<void> {
  await inStore('readwrite', (store) => store.put(kept, 'device'));
}

export async function forgetKept(): Promise<void> {
  await inStore('readwrite', (store) => store.delete('device'));
}

/** RFC 9449: this call, now, beside this token. `aheadMs`: how far the service's clock is ahead of ours. */
export async function proofOf(keys: CryptoKeyPair, method: string, path: string, aheadMs: number, access?: string): Promise<string> {
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

async function inStore(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const database = await done(
    Object.assign(indexedDB.open(DATABASE, 1), {
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
