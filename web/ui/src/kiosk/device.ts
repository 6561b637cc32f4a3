import type { Api, ApiError, DeviceAuth } from '../api/client';
import type { Started, Tokens } from '../api/devices';
import { drawer, newKeys, Prover } from './keys';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
/** a token is renewed so long before it ends */
const EARLY_MS = 30_000;

const kept = drawer('klatiene-device');

/** This page as an enrolled workstation: proofs for every call, tokens renewed, one page at a time. */
export class Device extends Prover implements DeviceAuth {
  private renewing = false;

  /** The device that was enrolled here, if any. */
  static async known(): Promise<Device | null> {
    const found = await kept.read().catch(() => null);
    return found?.refresh ? new Device(found) : null;
  }

  /** A fresh key; it is kept once a clerk has confirmed it. */
  static async fresh(): Promise<Device> {
    return new Device({ keys: await newKeys() });
  }

  /** A refusal that we can mend: another try may go through. */
  async mend(error: ApiError, api: Api): Promise<boolean> {
    if (error.code === 'proof_invalid') return this.mendClock(error);
    // without an access token: its renewal was under way when the line was lost
    const renew = error.code === 'token_expired' || (error.code === 'not_signed_in' && !this.kept.access);
    if (!renew || !this.kept.refresh || this.renewing) return false;
    await this.refresh(api);
    return true;
  }

  async ready(api: Api): Promise<void> {
    if (!this.kept.refresh || Date.now() < (this.kept.accessUntil ?? 0) - EARLY_MS) return;
    await this.refresh(api);
  }

  async start(api: Api, pointId: string, name: string): Promise<Started> {
    return api.asDevice(this, () => api.startEnrolment(pointId, name));
  }

  async collect(api: Api, deviceCode: string): Promise<void> {
    const tokens = await api.asDevice(this, () => api.deviceToken({ grant_type: DEVICE_CODE, device_code: deviceCode }));
    await this.take(tokens);
  }

  async forget(): Promise<void> {
    await kept.forget();
  }

  /** Two pages of one device must not use one token twice: one of them renews, the other takes what it kept. */
  private async refresh(api: Api): Promise<void> {
    await navigator.locks.request('klatiene-device', async () => {
      const now = await kept.read();
      if (now && now.refresh !== this.kept.refresh) {
        this.kept = now;
        return;
      }
      const attempt = now?.attempt ?? crypto.randomUUID();
      this.kept = { ...this.kept, attempt, access: undefined };
      await kept.keep(this.kept);
      const body = { grant_type: 'refresh_token', refresh_token: this.kept.refresh ?? '', attempt };
      this.renewing = true;
      try {
        await this.take(await api.asDevice(this, () => api.deviceToken(body)));
      } finally {
        this.renewing = false;
      }
    });
  }

  private async take(tokens: Tokens): Promise<void> {
    this.kept = {
      keys: this.kept.keys,
      refresh: tokens.refresh_token,
      access: tokens.access_token,
      accessUntil: Date.now() + tokens.expires_in * 1000,
    };
    await kept.keep(this.kept);
  }
}
